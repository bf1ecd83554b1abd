"""What a figure is: a drawing, its words and its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _always(results: Results) -> bool:
    return True


@dataclass(frozen=True)
class Figure:
    """title: as a heading; alt: what it shows, in words; draw: the figure; table: its numbers, the header first.

    shown: whether the data allow it; a figure that is not shown is neither offered nor stored.
    """

    title: str
    alt: Callable[[Results], str]
    draw: Callable[[Results], Any]
    table: Callable[[Results], list[list[Any]]]
    shown: Callable[[Results], bool] = _always


def value_of(found: Any) -> float | None:
    """The number of an Estimate, of a SingleArm or of a Difference; None of None."""
    if found is None:
        return None
    value: float | None = found.value if hasattr(found, "value") else found.estimate
    return value


def line(*name: Any, found: Any) -> list[Any]:
    """A row of a table: names, estimate, ends of the interval."""
    interval = found.interval if found is not None else None
    return [*name, value_of(found), *((interval.low, interval.high) if interval else (None, None))]
