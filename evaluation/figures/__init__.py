"""The drawings of a score card, each with the table that says the same. Drawn once, on the server, for page and file alike."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from evaluation.cells import safe_cell
from evaluation.figures.canvas import render
from evaluation.figures.curves import CONFUSION, RELIABILITY, ROC
from evaluation.figures.drawing import Drawing
from evaluation.figures.intervals import BY_FINDING, FINDINGS, INTERVALS, SUBGROUPS
from evaluation.figures.pixels import BANDS, HISTOGRAM, RESOLUTION, RESOLUTION_FEATURES, SPECTRUM
from evaluation.figures.radar import RADAR
from evaluation.models import Score

# In the order of the page.
FIGURES: dict[str, Drawing] = {
    "intervals": INTERVALS,
    "findings": FINDINGS,
    "roc": ROC,
    "reliability": RELIABILITY,
    "confusion": CONFUSION,
    "by-finding": BY_FINDING,
    "subgroups": SUBGROUPS,
    "spectrum": SPECTRUM,
    "histogram": HISTOGRAM,
    "resolution": RESOLUTION,
    "resolution-features": RESOLUTION_FEATURES,
    "bands": BANDS,
    "radar": RADAR,
}


def available(scores: Sequence[Score]) -> dict[str, Drawing]:
    """The figures for which these scores have the data."""
    return {name: drawing for name, drawing in FIGURES.items() if drawing.rows(scores)}


def draw(name: str, scores: Sequence[Score], file_format: str = "svg", *, outlined: bool = False) -> bytes:
    """The named figure (a key of ``available``) as "svg" or "png"; equal scores give equal bytes."""
    drawing = FIGURES[name]
    return render(lambda figure: drawing.paint(figure, scores), file_format, outlined=outlined)


def table_csv(name: str, scores: Sequence[Score]) -> bytes:
    """The figure's table as CSV, UTF-8."""
    drawing = FIGURES[name]
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(drawing.header)
    writer.writerows([safe_cell(cell) for cell in row] for row in drawing.rows(scores))
    return out.getvalue().encode()
