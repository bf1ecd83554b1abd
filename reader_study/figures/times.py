"""Active seconds a case by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.analysis.plots import PERCENTILES
from reader_study.figures.canvas import INK, SOFT, canvas, lines_of
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    boxes = results.analysis.plots.times
    figure, axes = canvas(5.4, 1.3 + 0.55 * len(boxes))
    for place, box in enumerate(reversed(boxes)):
        low, lower, median, upper, high = box.seconds
        colour = "#dbe9f1" if box.source == "real" else "#f6e0cf"
        axes.plot((low, high), (place, place), color=SOFT, linewidth=1, zorder=1)
        axes.barh(place, upper - lower, left=lower, height=0.5, color=colour, edgecolor=SOFT, zorder=2)
        axes.plot((median, median), (place - 0.25, place + 0.25), color=INK, linewidth=1.6, zorder=3)
    lines_of(axes, [box.source for box in boxes])
    axes.set_xlabel("active seconds a case")
    axes.set_xlim(left=0)
    return figure


def _alt(results: Results) -> str:
    parts = [
        f"{one.source}: median {one.median:.1f} s" for one in results.analysis.times.sources if one.median is not None
    ]
    return "Active seconds a case by source. " + "; ".join(parts)


def _table(results: Results) -> list[list[Any]]:
    names = [f"seconds_p{percentile:g}" for percentile in PERCENTILES]
    return [["source", "reads", *names], *([box.source, box.n, *box.seconds] for box in results.analysis.plots.times)]


TIMES = Figure(
    "Time a case by source (boxes: quartiles; whiskers: 5th to 95th percentile)",
    _alt,
    _draw,
    _table,
    lambda results: bool(results.analysis.plots.times),
)
