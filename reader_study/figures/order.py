"""Accuracy and time along the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.analysis.mrmc.verdict import percent
from reader_study.figures.canvas import DASHES, INK, SOFT, SYNTHETIC, canvases
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    tenths = results.analysis.order.tenths
    right = [(one.tenth, one.accuracy) for one in tenths if one.accuracy is not None]
    times = [(one.tenth, one.median_seconds) for one in tenths if one.median_seconds is not None]
    figure, panels = canvases(5.4, 3.8 if times else 2.4, 2 if times else 1, 1, sharex=True)
    panels[0].axhline(results.analysis.settings.null, color=SOFT, linestyle=DASHES, linewidth=1)
    if right:
        panels[0].plot(*zip(*right, strict=True), color=INK, marker="o", markersize=4.5, linewidth=1.4)
    panels[0].set(ylim=(0, 1), ylabel="share right", xlim=(0.5, 10.5))
    if times:
        panels[1].plot(*zip(*times, strict=True), color=SYNTHETIC, marker="s", markersize=4.5, linewidth=1.4)
        panels[1].set(ylabel="median seconds", ylim=(0, 1.15 * max(seconds for _, seconds in times) or 1))
    panels[-1].set_xticks(range(1, 11))
    panels[-1].set_xlabel("tenth of the reader's list")
    figure.align_ylabels()
    return figure


def _alt(results: Results) -> str:
    known = [one for one in results.analysis.order.tenths if one.accuracy is not None]
    ends = (
        f" Right in the first tenth: {percent(known[0].accuracy or 0)}, in the last: {percent(known[-1].accuracy or 0)}."
        if known
        else ""
    )
    return f"Share of right calls and median seconds in each tenth of the readers' lists.{ends}"


def _table(results: Results) -> list[list[Any]]:
    rows = [[one.tenth, one.n, one.accuracy, one.median_seconds] for one in results.analysis.order.tenths]
    return [["tenth", "reads", "accuracy", "median_seconds"], *rows]


ORDER = Figure(
    "Accuracy and time along the list", _alt, _draw, _table, lambda results: bool(results.analysis.order.tenths)
)
