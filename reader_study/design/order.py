"""The order in which one reader meets the cases: random, without long runs of one class, some cases twice."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reader_study.design.chance import pick, shuffled


@dataclass(frozen=True)
class Slot:
    """One case at one position; `repeat_of` is the position of its first showing where this is the second."""

    code: str
    repeat_of: int | None = None

    @property
    def is_repeat(self) -> bool:
        return self.repeat_of is not None


@dataclass(frozen=True)
class Deck:
    """One reader's slots in order, with the limits that were kept (the ones asked for, or the nearest possible)."""

    slots: tuple[Slot, ...]
    max_run: int
    min_lag: int


def plan_deck(
    classes: Mapping[str, str], *, seed: str, repeats: float = 0.15, min_lag: int = 25, max_run: int = 4
) -> Deck:
    """Order the cases of `classes` (code -> class) for one reader.

    The order is a permutation drawn from `seed`; a case that would make a run of more than `max_run` of one class
    gives way to the next one of the other class. Then `repeats` (a share of the cases, rounded) are shown again, at
    random later places at least `min_lag` positions after their first showing, never lengthening a run beyond the
    limit. Where the classes are too unequal for `max_run`, the smallest limit that is possible is kept; where the deck
    is short, the lag is at most half the number of cases. `max_run` = 0 sets no limit: then the classes play no part
    at all in the order. Calling the classes by other names never changes the order.
    Raises ValueError for settings outside their range.
    """
    if not 0 <= repeats <= 0.5 or min_lag < 1 or max_run < 0:
        raise ValueError("Repeats must be a share from 0 to 0.5, the lag at least 1, the longest run 0 or more.")
    limit = _possible_run(Counter(classes.values()), max_run)
    lag = min(min_lag, max(1, len(classes) // 2))
    order = _without_long_runs(shuffled(classes, seed=seed, purpose="order"), classes, limit)
    deck = _with_repeats(order, classes, count=int(repeats * len(order) + 0.5), lag=lag, limit=limit, seed=seed)
    return Deck(slots=_slots(deck), max_run=limit, min_lag=lag)


def longest_run(classes: Sequence[str]) -> int:
    """The length of the longest run of equal neighbours."""
    longest = run = 0
    for place, value in enumerate(classes):
        run = run + 1 if place and value == classes[place - 1] else 1
        longest = max(longest, run)
    return longest


def _possible_run(sizes: Counter[str], asked: int) -> int:
    """The limit asked for, or the smallest one that lets the largest class be spread between all the others."""
    if not sizes or not asked:
        return sizes.total()
    largest = max(sizes.values())
    return max(asked, -(-largest // (sizes.total() - largest + 1)))


def _without_long_runs(order: Sequence[str], classes: Mapping[str, str], limit: int) -> list[str]:
    """Keep `order`, except where the next case would exceed the limit or leave a rest that must exceed it."""
    waiting = {value: deque(code for code in order if classes[code] == value) for value in set(classes.values())}
    place = {code: position for position, code in enumerate(order)}
    result: list[str] = []
    last, run = "", 0
    for _ in order:
        heads = sorted((queue[0] for queue in waiting.values() if queue), key=place.__getitem__)
        code = next(c for c in heads if _fits(classes[c], waiting, last, run, limit))
        run = run + 1 if classes[code] == last else 1
        last = classes[code]
        result.append(waiting[last].popleft())
    return result


def _fits(value: str, waiting: Mapping[str, deque[str]], last: str, run: int, limit: int) -> bool:
    """Whether showing `value` next keeps the limit now and leaves every class placeable afterwards."""
    run = run + 1 if value == last else 1
    left = {other: len(queue) - (other == value) for other, queue in waiting.items()}
    total = sum(left.values())
    return run <= limit and all(
        count <= limit * (total - count) + (limit - run if other == value else limit) for other, count in left.items()
    )


def _with_repeats(
    order: list[str], classes: Mapping[str, str], *, count: int, lag: int, limit: int, seed: str
) -> list[str]:
    """Insert second showings; a case for which no place is left gives way to the next one drawn."""
    deck = list(order)
    early = order[: max(0, len(order) - lag + 1)]
    added = 0
    for code in shuffled(early, seed=seed, purpose="repeat"):
        if added == count:
            break
        gaps = [g for g in range(deck.index(code) + lag, len(deck) + 1) if _room(deck, classes, g, code, limit)]
        if gaps:
            deck.insert(gaps[pick(len(gaps), seed=seed, purpose="gap", name=code)], code)
            added += 1
    return deck


def _room(deck: Sequence[str], classes: Mapping[str, str], gap: int, code: str, limit: int) -> bool:
    """Whether inserting `code` before position `gap` keeps the run around it within the limit."""
    value, run = classes[code], 1
    before = gap - 1
    while before >= 0 and classes[deck[before]] == value and run <= limit:
        before, run = before - 1, run + 1
    after = gap
    while after < len(deck) and classes[deck[after]] == value and run <= limit:
        after, run = after + 1, run + 1
    return run <= limit


def _slots(deck: Sequence[str]) -> tuple[Slot, ...]:
    first: dict[str, int] = {}
    return tuple(
        Slot(code, repeat_of=None if first.setdefault(code, position) == position else first[code])
        for position, code in enumerate(deck)
    )
