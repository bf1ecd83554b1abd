"""The drawing of one metric beside one thing that readers said, a point each synthetic set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reader_study.figures import INK, LINE, SOFT, canvas
from reader_study.results.board import Column, Known, Row

Point = tuple[Row, Known, Known]


def draw(points: Sequence[Point], column: Column, asked: str) -> Any:
    """Points with the intervals of both numbers and the sets' names beside them."""
    figure, axes = canvas(7.2, 4.6)
    axes.axhline(0.5, color=SOFT, linestyle=(0, (4, 3)), linewidth=1)
    for place, (row, metric, readers) in enumerate(sorted(points, key=lambda point: point[2].value)):
        across, up = _reach(metric), _reach(readers)
        axes.errorbar(metric.value, readers.value, xerr=across, yerr=up, fmt="o", color=INK, ecolor=LINE, markersize=6)
        axes.annotate(_short(row.name), (metric.value, readers.value), xytext=(6, (5, -12)[place % 2]), textcoords="offset points",
                      color=SOFT, fontsize=8)  # fmt: skip
    axes.margins(x=0.16, y=0.14)
    axes.set_xlabel(column.title)
    axes.set_ylabel(asked)
    return figure


def _reach(known: Known) -> list[list[float]] | None:
    """The interval as distances below and above, for error bars."""
    if known.low is None or known.high is None:
        return None
    return [[max(known.value - known.low, 0.0)], [max(known.high - known.value, 0.0)]]


def _short(name: str, limit: int = 34) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
