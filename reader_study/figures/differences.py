"""Forest plots of differences: between arms, and between generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reader_study.analysis.mrmc.comparison import Comparison
from reader_study.figures.canvas import DASHES, INK, SOFT, canvases, lines_of, whisker
from reader_study.figures.figure import Figure, line

if TYPE_CHECKING:
    from reader_study.results.analysed import Results

Compared = Callable[["Results"], list[Comparison]]


def arms_of(results: Results) -> list[Comparison]:
    """What was compared between arms."""
    arms = results.analysis.arms
    return _with_differences(arms.balanced_accuracy, arms.auc)


def generators_of(results: Results) -> list[Comparison]:
    """What was compared between generators."""
    found = results.analysis.generators
    return _with_differences(found.balanced_accuracy.comparison, found.auc.comparison)


def _with_differences(*found: Comparison | None) -> list[Comparison]:
    return [one for one in found if one is not None and one.differences]


def _pairs(compared: list[Comparison]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((one.first, one.second) for found in compared for one in found.differences))


def _draw(compared: list[Comparison]) -> Any:
    pairs = _pairs(compared)
    figure, panels = canvases(7.6, 1.3 + 0.36 * max(len(pairs), 2), 1, len(compared), sharey=True)
    for panel, found in zip(panels, compared, strict=True):
        panel.axvline(0, color=SOFT, linestyle=DASHES, linewidth=1)
        for one in found.differences:
            place = len(pairs) - 1 - pairs.index((one.first, one.second))
            whisker(panel, place, one.estimate, one.interval, INK)
        reach = max(0.05, *(abs(end) for end in panel.get_xlim()))
        panel.set(xlim=(-reach, reach), xlabel=f"difference in {found.name}")
    lines_of(panels[0], [f"{first} \N{MINUS SIGN} {second}" for first, second in pairs], 44)
    return figure


def _alt(compared: list[Comparison], what: str) -> str:
    parts = [
        f"{found.name}: {one.first} less {one.second} {one.estimate:.3f}"
        for found in compared
        for one in found.differences
    ]
    return f"Differences between {what} with intervals. " + "; ".join(parts)


def _table(compared: list[Comparison]) -> list[list[Any]]:
    rows = [line(found.name, one.first, one.second, found=one) for found in compared for one in found.differences]
    return [["endpoint", "first", "second", "difference", "low", "high"], *rows]


def _figure(title: str, what: str, compared: Compared) -> Figure:
    return Figure(
        title,
        lambda results: _alt(compared(results), what),
        lambda results: _draw(compared(results)),
        lambda results: _table(compared(results)),
        lambda results: bool(compared(results)),
    )


ARMS = _figure("Differences between arms", "arms", arms_of)
GENERATORS = _figure("Differences between generators", "generators", generators_of)
