"""One row a reader, under a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.agreement.repeats import RepeatAgreement, repeat_agreement
from reader_study.analysis.counts import Confusion, confusion
from reader_study.analysis.detection import Detection, detection
from reader_study.analysis.mrmc.auc import auc
from reader_study.analysis.proportion import exact_p, proportion
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, missing


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """Performance of one reader over the cases she read once; `detection` is None where a class is missing."""

    reader: str
    counts: Confusion
    accuracy: Estimate
    accuracy_exact: Estimate
    exact_p: float | None
    sensitivity: Estimate
    specificity: Estimate
    balanced_accuracy: Estimate
    auc: Estimate
    detection: Detection | None
    median_seconds: float | None
    repeats: RepeatAgreement


def reader_rows(table: RatingTable, levels: Sequence[float], *, alpha: float = 0.05) -> tuple[ReaderRow, ...]:
    """A ReaderRow for every reader of `table`, in order of their codes. levels: the rating scale."""
    return tuple(_row(table.where(table.reader == reader), reader, levels, alpha) for reader in table.readers)


def _row(table: RatingTable, reader: str, levels: Sequence[float], alpha: float) -> ReaderRow:
    first, counts = table.primary(), confusion(table)
    return ReaderRow(
        reader=reader,
        counts=counts,
        accuracy=proportion(counts.correct, counts.n, alpha=alpha),
        accuracy_exact=proportion(counts.correct, counts.n, method="clopper_pearson", alpha=alpha),
        exact_p=exact_p(counts.correct, counts.n),
        sensitivity=proportion(counts.synthetic_called_synthetic, counts.n_synthetic, alpha=alpha),
        specificity=proportion(counts.real_called_real, counts.n_real, alpha=alpha),
        balanced_accuracy=_area(first, "call", alpha),
        auc=_area(first, "rating", alpha),
        detection=_detection(counts, alpha),
        median_seconds=_median(first),
        repeats=repeat_agreement(table, levels, alpha=alpha),
    )


def _area(table: RatingTable, column: str, alpha: float) -> Estimate:
    values = table.column(column)
    answered = ~np.isnan(values)
    if not answered.any():
        return missing("auc_delong", 0, f"No read has a {column}.")
    synthetic = table.truth == 1
    return auc(values[answered & synthetic], values[answered & ~synthetic], alpha=alpha)


def _detection(counts: Confusion, alpha: float) -> Detection | None:
    if not counts.n_synthetic or not counts.n_real:
        return None
    hits, alarms = counts.synthetic_called_synthetic, counts.real_called_synthetic
    return detection(hits, counts.n_synthetic, alarms, counts.n_real, alpha=alpha)


def _median(table: RatingTable) -> float | None:
    seconds = table.seconds[~np.isnan(table.seconds)]
    return float(np.median(seconds)) if seconds.size else None
