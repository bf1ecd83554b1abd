"""The radar: a supplement, since it has no intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from evaluation.figures.canvas import LINE, REAL, SYNTHETIC, legend
from evaluation.figures.drawing import Drawing, Row
from evaluation.models import Score
from evaluation.presentation import is_share, overall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST, MOST = 3, 10


def _spokes(scores: Sequence[Score]) -> list[Score]:
    """Shares of which more is better, on the first extractor; none where there are too few for a shape."""
    shares = [s for s in overall(scores) if s.value is not None and not s.space]
    found = [s for s in shares if s.direction == "higher" and is_share(s) and s.baseline]
    return found[:MOST] if len(found) >= FEWEST else []


def _rows(scores: Sequence[Score]) -> list[Row]:
    return [(s.definition.title, s.value, (s.baseline or {}).get("value")) for s in _spokes(scores)]


def _paint(figure: Figure, scores: Sequence[Score]) -> None:
    rows = _rows(scores)
    figure.set_size_inches(5.2, 4.6)
    axes = figure.subplots(subplot_kw={"projection": "polar"})
    angles = np.linspace(0, 2 * np.pi, len(rows), endpoint=False)
    around = np.append(angles, angles[0])
    for column, colour in ((2, REAL), (1, SYNTHETIC)):
        values = [row[column] for row in rows]
        axes.plot(around, [*values, values[0]], color=colour, linewidth=1.8)
        axes.fill(around, [*values, values[0]], color=colour, alpha=0.08)
    axes.set_xticks(angles, [row[0] for row in rows])
    axes.set_ylim(0, 1)
    axes.set_yticks((0.25, 0.5, 0.75, 1), ("", "0.5", "", "1"))
    axes.tick_params(labelsize=8)
    axes.grid(color=LINE)
    axes.spines["polar"].set_color(LINE)
    legend(figure)


RADAR = Drawing(
    "Radar",
    "A supplement, folded on purpose: it has no intervals, and its area changes with the order of the spokes. "
    "Only shares between 0 and 1 of which more is better are on it.",
    ("metric", "synthetic", "real"), _rows, _paint, supplement=True,
)  # fmt: skip
