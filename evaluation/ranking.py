"""Ranks with ties: letters shared by all whose intervals overlap.

A letter stands for a largest group of rows whose intervals have a common point (the maximal cliques of an interval graph, found
by one sweep); a is the best group. Two rows with a common letter are tied. Overlap is a cautious rule: two 95 % intervals that
do not overlap differ clearly, two that do may still differ when they are compared directly, on the same prompts.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from string import ascii_lowercase
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Span = tuple[float, float]


def cost_span(direction: str, value: float, low: float, high: float, real: float | None) -> tuple[float, Span]:
    """A score as a cost, least best: (cost, its interval). "match" costs the distance to the real images' own value."""
    if direction == "lower":
        return value, (low, high)
    if direction == "higher" or real is None:
        return -value, (-high, -low)
    ends = sorted((abs(low - real), abs(high - real)))
    return abs(value - real), (0.0 if low <= real <= high else ends[0], ends[1])


def rank_letters(spans: Mapping[Key, Span]) -> dict[Key, str]:
    """Key -> its letters, "a" the least cost; spans are closed, so touching ends overlap."""
    groups = _cliques(spans)
    letters: dict[Key, str] = dict.fromkeys(spans, "")
    for number, group in enumerate(groups):
        for key in group:
            letters[key] += _letter(number)
    return letters


def _cliques(spans: Mapping[Key, Span]) -> list[set[Key]]:
    """Maximal sets of spans with a common point, from low to high: whenever a span ends after one began."""
    events = sorted([(low, 0, key) for key, (low, _) in spans.items()] + [(high, 1, key) for key, (_, high) in spans.items()],
                    key=lambda event: event[:2])  # fmt: skip
    found: list[set[Key]] = []
    running: set[Key] = set()
    grown = False
    for _, ends, key in events:
        if not ends:
            running.add(key)
            grown = True
            continue
        if grown:
            found.append(set(running))
            grown = False
        running.discard(key)
    return found


def _letter(number: int) -> str:
    """a to z, then A to Z, then numbers in brackets."""
    letters: Sequence[str] = ascii_lowercase + ascii_lowercase.upper()
    return letters[number] if number < len(letters) else f"({number + 1})"
