"""Sensitivity, specificity and accuracy over readers and cases: proportions through the same door as the areas."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.mrmc.endpoint import Estimated, estimated
from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class ClassSection:
    """sensitivity: synthetic called synthetic; specificity: real called real; accuracy: of all reads (depends on the deck)."""

    sensitivity: Estimated
    specificity: Estimated
    accuracy: Estimated


def class_section(
    table: RatingTable, *, null: float = 0.5, alpha: float = 0.05, method: str | None = None
) -> ClassSection:
    """The three proportions of right calls with readers and cases random. Never raises for what the data lack."""
    right = with_right(table)

    def endpoint(part: RatingTable, name: str) -> Estimated:
        return estimated(part, "right", name, null=null, alpha=alpha, method=method)

    return ClassSection(
        endpoint(right.where(right.truth == 1), "sensitivity"),
        endpoint(right.where(right.truth == 0), "specificity"),
        endpoint(right, "accuracy"),
    )


def with_right(table: RatingTable) -> RatingTable:
    """`table` with the extra column "right": 1 where the call agrees with the truth, 0 where not, NaN without a call."""
    right = np.where(np.isnan(table.call), np.nan, table.call == table.truth)
    return replace(table, extra={**table.extra, "right": np.asarray(right, dtype=np.float64)})
