"""Score cards side by side: what differs, and whether by more than the intervals allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch

from accounts.models import User
from evaluation.leaderboard import Space, depends_on_network, space_of
from evaluation.metrics.difference import difference
from evaluation.metrics.result import Estimate
from evaluation.models import Score, ScoreCard, ScoreCardQuerySet
from evaluation.presentation import ARROWS, AXES

CONFIDENCE = 0.95
MOST_CARDS = 6
LOOKS = {"better": "ok", "worse": "bad", "cannot tell": "plain"}
Key = tuple[str, Space]
# Of scores that every extractor leaves as they are.
NO_NETWORK = Space("", "without a network")


@dataclass(frozen=True)
class Difference:
    """Another card's score minus the first card's, as if the two were independent; word: better, worse, cannot tell, differs."""

    value: float
    low: float
    high: float
    word: str

    @property
    def look(self) -> str:
        """Of the badge."""
        return LOOKS.get(self.word, "warn")


@dataclass(frozen=True)
class CardCell:
    """One card's score of a line, and its difference from the first card's where both have a number; ``name``: the card's set."""

    name: str
    score: Score | None
    difference: Difference | None = None


@dataclass(frozen=True)
class ComparedLine:
    """One metric on one extractor, over all cards."""

    axis: str
    title: str
    space: str
    direction: str
    cells: list[CardCell]

    @property
    def arrow(self) -> str:
        """Which way is better."""
        return ARROWS[self.direction]


def visible_cards(user: User | AnonymousUser) -> ScoreCardQuerySet:
    """The cards that a person may see, with what made their images and their scores of the whole set (without curves)."""
    whole = Score.objects.filter(finding="", subgroup="").defer("extra", "method")
    cards = ScoreCard.objects.visible_to(user).with_sets().prefetch_related(Prefetch("scores", queryset=whole))
    return cards.select_related("synthetic__generation_run__checkpoint", "synthetic__generation_run__prompt_set")


def chosen_cards(visible: ScoreCardQuerySet, keys: Sequence[str]) -> list[ScoreCard]:
    """The cards of these ids in their order, each once, at most MOST_CARDS; what is no id or not visible is left out."""
    ids = []
    for key in dict.fromkeys(keys):
        try:
            ids.append(UUID(key))
        except ValueError:
            continue
    found = {card.pk: card for card in visible.filter(pk__in=ids[:MOST_CARDS])}
    return [found[pk] for pk in ids if pk in found]


def compare_cards(cards: Sequence[ScoreCard]) -> list[ComparedLine]:
    """A line for every score of the whole set that at least two of the cards have, in the order of the axes.

    Differences are against the first card. Their intervals (MOVER) take the cards as independent, which is cautious where they
    share a reference or prompts.
    """
    tables = [_by_key(card) for card in cards]
    keys = dict.fromkeys(key for table in tables for key in table)
    shared = [key for key in keys if sum(key in table for table in tables) > 1]
    names = [card.synthetic.name for card in cards]
    lines = [_line(key, names, [table.get(key) for table in tables]) for key in shared]
    order = list(AXES)
    return sorted(lines, key=lambda line: order.index(line.axis) if line.axis in order else len(order))


def _by_key(card: ScoreCard) -> dict[Key, Score]:
    return {
        (score.metric, space_of(card, score) if depends_on_network(score) else NO_NETWORK): score
        for score in card.scores.all()
        if score.value is not None
    }


def _line(key: Key, names: list[str], scores: list[Score | None]) -> ComparedLine:
    given = next(score for score in scores if score)
    first = scores[0]
    others = zip(names[1:], scores[1:], strict=True)
    cells = [CardCell(names[0], first), *(CardCell(name, score, subtract(first, score)) for name, score in others)]
    return ComparedLine(given.definition.axis, given.definition.title, key[1].name, given.direction, cells)


def subtract(first: Score | None, other: Score | None) -> Difference | None:
    """other - first with its interval, where both have one."""
    if first is None or other is None:
        return None
    own, base = _estimate(other), _estimate(first)
    if own is None or base is None:
        return None
    gap = difference(own, base, CONFIDENCE)
    word = _word(gap["low"], gap["high"], first.direction)
    if first.definition.axis == "fidelity" and first.direction == "lower" and max(own.low, base.low) <= 0:
        # Neither distance clears 0: one that is farther below it is not nearer to the real images.
        word = "cannot tell"
    return Difference(gap["value"], gap["low"], gap["high"], word)


def _estimate(score: Score) -> Estimate | None:
    if score.value is None or score.low is None or score.high is None:
        return None
    return Estimate(score.value, score.low, score.high, score.n, "")


def _word(low: float, high: float, direction: str) -> str:
    if low <= 0 <= high:
        return "cannot tell"
    if direction == "match":
        return "differs"
    return "better" if (low > 0) == (direction == "higher") else "worse"


def cautions(cards: Sequence[ScoreCard]) -> list[str]:
    """Why these cards should not be compared number by number, in sentences."""
    found = []
    if len({card.reference.digest for card in cards}) > 1:
        found.append("The cards have different reference sets: distances to different sets cannot be compared.")
    if len({(card.provenance.get("extractor") or {}).get("fingerprint") for card in cards}) > 1:
        found.append(
            "The cards' first extractors differ: only scores on a shared extractor, or without one, stand on one line."
        )
    counts = sorted(card.synthetic.count for card in cards)
    if counts[-1] > 1.5 * counts[0]:
        found.append(
            f"The sets differ in size ({counts[0]} to {counts[-1]} images): statistics that depend on the number of images "
            "(density, coverage, Vendi score) shift with it."
        )
    if len({card.is_phantom for card in cards}) > 1:
        found.append("Some cards are of drawn phantoms and some are not.")
    return found
