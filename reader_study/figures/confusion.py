"""Calls against truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reader_study.analysis.mrmc.verdict import percent
from reader_study.figures.canvas import INK, canvas
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    counts = results.analysis.counts
    cells = np.array(
        [
            [counts.real_called_real, counts.real_called_synthetic],
            [counts.synthetic_called_real, counts.synthetic_called_synthetic],
        ]
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    figure, axes = canvas(4.4, 2.8)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for (row, column), count in np.ndenumerate(cells):
        axes.text(column, row, f"{count}\n{percent(shares[row, column])}", ha="center", va="center", color=INK)
    axes.set_xticks((0, 1), ("called real", "called synthetic"))
    axes.set_yticks((0, 1), ("real", "synthetic"))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _alt(results: Results) -> str:
    counts = results.analysis.counts
    return (
        f"Of {counts.n_real} reads of real images {counts.real_called_real} were called real; of {counts.n_synthetic} "
        f"reads of synthetic images {counts.synthetic_called_synthetic} were called synthetic."
    )


def _table(results: Results) -> list[list[Any]]:
    counts = results.analysis.counts
    return [
        ["truth", "called_real", "called_synthetic"],
        ["real", counts.real_called_real, counts.real_called_synthetic],
        ["synthetic", counts.synthetic_called_real, counts.synthetic_called_synthetic],
    ]


CONFUSION = Figure("Calls against truth", _alt, _draw, _table, lambda results: results.analysis.counts.n > 0)
