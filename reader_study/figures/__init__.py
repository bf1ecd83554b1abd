"""The figures of a results page, drawn once: the same in the page, in the report and in the bundle, each with its table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reader_study.figures.agreement import AGREEMENT
from reader_study.figures.blinding import BLINDING
from reader_study.figures.canvas import INK, LINE, SOFT, canvas, drawn, saved
from reader_study.figures.concordance import CONCORDANCE
from reader_study.figures.confusion import CONFUSION
from reader_study.figures.differences import ARMS, GENERATORS
from reader_study.figures.evidence import EVIDENCE
from reader_study.figures.figure import Figure
from reader_study.figures.findings import FINDINGS
from reader_study.figures.order import ORDER
from reader_study.figures.readers import READERS
from reader_study.figures.realism import REALISM
from reader_study.figures.roc import ROC
from reader_study.figures.times import TIMES

if TYPE_CHECKING:
    from reader_study.results.analysed import Results

FIGURES: Mapping[str, Figure] = {
    "readers": READERS,
    "roc": ROC,
    "confusion": CONFUSION,
    "arms": ARMS,
    "generators": GENERATORS,
    "realism": REALISM,
    "findings": FINDINGS,
    "agreement": AGREEMENT,
    "times": TIMES,
    "order": ORDER,
    "blinding": BLINDING,
    "evidence": EVIDENCE,
    "concordance": CONCORDANCE,
}


def figures_of(results: "Results") -> dict[str, Figure]:
    """The figures that the data allow."""
    return {name: figure for name, figure in FIGURES.items() if figure.shown(results)}


__all__ = ["FIGURES", "INK", "LINE", "SOFT", "Figure", "canvas", "drawn", "figures_of", "saved"]
