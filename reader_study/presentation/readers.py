"""The readers one by one, and the calls of all."""

from __future__ import annotations

from typing import Any

from accounts.numerals import percent_text
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = ("Reader", "Reads", "Accuracy (Wilson)", "p", "p, adjusted", "Sensitivity", "Specificity", "AUC", "d\N{PRIME}",
           "c", "Time")  # fmt: skip


def readers(document: Record) -> Section:
    """Forest plot, ROC and table of the readers."""
    analysis = document.analysis
    lines = zip(analysis.readers, analysis.readers_p_adjusted, strict=True)
    rows = tuple(_row(row, adjusted, row.reader in document.simulated_readers) for row, adjusted in lines)
    caption = (
        f"Each reader over the images read once, with {_level(analysis)} intervals over images. p: exact, accuracy against "
        "chance; adjusted over readers by Benjamini and Hochberg. Sensitivity: synthetic images called synthetic; "
        "specificity: real images called real. d\N{PRIME} and criterion c with log-linear correction; c above 0: slow to "
        "call an image synthetic. Time: median active seconds a case."
    )
    exact = Table(
        "Accuracy of each reader with the exact interval of Clopper and Pearson.",
        ("Reader", "Right", "Reads", "Accuracy (exact)"),
        tuple(_exact(row) for row in analysis.readers),
        (1, 2),
        folded="Exact intervals",
    )
    figures = tuple(name for name in ("readers", "roc") if name in document.figures)
    return Section(
        "readers", "Readers", figures=figures, tables=(Table(caption, _HEADER, rows, (1, 3, 4, 9, 10)), exact)
    )


def _row(row: Any, adjusted: float | None, simulated: bool) -> tuple[Cell, ...]:
    detection, counts = row.detection, row.counts
    sharpness = cells.estimate(Record({**detection, "value": detection.d_prime})) if detection else cells.estimate(None)
    return (
        Cell(row.reader, note="simulated" if simulated else ""),
        cells.number(sum(counts.values())),
        cells.share(row.accuracy),
        cells.p(row.exact_p),
        cells.p(adjusted),
        cells.share(row.sensitivity),
        cells.share(row.specificity),
        cells.estimate(row.auc),
        sharpness,
        cells.number(detection.criterion if detection else None, 2),
        cells.number(row.median_seconds, 1, " s"),
    )


def _exact(row: Any) -> tuple[Cell, ...]:
    right = row.counts.synthetic_called_synthetic + row.counts.real_called_real
    return (
        Cell(row.reader),
        cells.number(right),
        cells.number(sum(row.counts.values())),
        cells.share(row.accuracy_exact),
    )


def calls(document: Record) -> Section | None:
    """Calls of all readers against truth; None where there are none."""
    counts = document.analysis.counts
    if not sum(counts.values()):
        return None
    caption = (
        "Calls against truth, all readers, first readings. A call of synthetic is a rating of "
        f"{document.called_synthetic_from:g} or more, where the call was not asked for itself."
    )
    rows = tuple(
        _truth(counts[f"{truth}_called_real"], counts[f"{truth}_called_synthetic"], truth)
        for truth in ("real", "synthetic")
    )
    table = Table(caption, ("Truth", "Called real", "Called synthetic", "Reads"), rows, (1, 2, 3))
    return Section("calls", "Calls against truth", figures=("confusion",), tables=(table,), beside=True)


def _truth(real: int, synthetic: int, truth: str) -> tuple[Cell, ...]:
    total = real + synthetic
    shares = (Cell(f"{count}", note=percent_text(count / total, 1) if total else "") for count in (real, synthetic))
    return (Cell(cells.first_upper(truth)), *shares, cells.number(total))


def _level(analysis: Any) -> str:
    return f"{100 * (1 - analysis.settings.alpha):g}{cells.PERCENT}"
