"""The e-value path with its confidence sequence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reader_study.analysis.mrmc.verdict import percent
from reader_study.figures.canvas import BAND, DASHES, INK, REAL, SOFT, SYNTHETIC, canvases
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results

_TEN = math.log(10)


def _draw(results: Results) -> Any:
    found = results.analysis.sequential
    reads = [point.read for point in found.path]
    figure, (above, below) = canvases(5.4, 4.4, 2, 1, sharex=True)
    limit = -math.log10(found.alpha)
    above.axhline(limit, color=SYNTHETIC, linestyle=DASHES, linewidth=1.2)
    above.annotate(f"1/alpha = {1 / found.alpha:g}", (0.01, limit), xycoords=("axes fraction", "data"), xytext=(0, 3),
                   textcoords="offset points", color=SYNTHETIC, fontsize=8)  # fmt: skip
    above.plot(reads, [point.log_e / _TEN for point in found.path], color=INK, linewidth=1.6)
    above.set_ylabel("log10 of the e-value")
    lowest, highest = above.get_ylim()
    above.set_ylim(lowest, max(highest, limit + 0.25 * (limit - lowest)))
    if found.margin is not None:
        below.axhspan(found.null - found.margin, found.null + found.margin, color=BAND, zorder=0)
    below.axhline(found.null, color=SOFT, linestyle=DASHES, linewidth=1)
    below.fill_between(reads, [point.low for point in found.path], [point.high for point in found.path],
                       color=REAL, alpha=0.25, linewidth=0)  # fmt: skip
    below.plot(reads, [point.accuracy for point in found.path], color=REAL, linewidth=1.6)
    below.set(ylim=(0, 1), ylabel="accuracy", xlabel="reads of each reader")
    figure.align_ylabels()
    return figure


def _alt(results: Results) -> str:
    found = results.analysis.sequential
    crossed = (
        f"It first reached 1/alpha after {found.crossed_at} reads of each reader."
        if found.crossed_at
        else "It never reached 1/alpha."
    )
    last = found.path[-1]
    return (
        f"Evidence against chance as the reads came in, and accuracy with its confidence sequence. {crossed} At the end "
        f"accuracy was {percent(last.accuracy)}, {percent(last.low)} to {percent(last.high)}."
    )


def _table(results: Results) -> list[list[Any]]:
    rows = [
        [point.read, point.log_e, point.accuracy, point.low, point.high] for point in results.analysis.sequential.path
    ]
    return [["reads_of_each_reader", "log_e", "accuracy", "low", "high"], *rows]


EVIDENCE = Figure(
    "Evidence as the reads came in", _alt, _draw, _table, lambda results: bool(results.analysis.sequential.path)
)
