"""Generators against each other, each judged beside the same real cases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.mrmc.comparison import Comparison, compare_arms_of
from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class SourceComparison:
    """comparison: its arms are the generators. None, with a reason, where there are not two or where arms are mixed."""

    sources: tuple[str, ...]
    comparison: Comparison | None
    reason: str = ""


def compare_sources(
    table: RatingTable,
    column: str,
    *,
    name: str = "AUC",
    alpha: float = 0.05,
    covariance: str | None = None,
    inference: str = "RRRC",
    method: str | None = None,
) -> SourceComparison:
    """Each generator against the shared real cases, and the generators against each other (partially paired).

    The real reads enter every generator's estimate, so that the estimates share their noise; the covariances know it.
    Lower is more realistic. Never raises for what the data lack.
    """
    first = table.primary()
    generators = [source for source in first.sources if (first.truth[first.source == source] == 1).any()]
    if len(first.arms) > 1:
        return SourceComparison(tuple(generators), None, "These reads hold several arms: choose one.")
    if len(generators) < 2:
        return SourceComparison(tuple(generators), None, "There is one generator only: nothing to compare.")
    found = compare_arms_of(
        by_generator(first, generators), column, name, alpha=alpha, covariance=covariance, inference=inference,
        method=method,
    )  # fmt: skip
    return SourceComparison(tuple(generators), found, found.reason)


def by_generator(table: RatingTable, generators: list[str]) -> RatingTable:
    """The first readings with one arm a generator: its synthetic reads beside all real ones."""
    real = np.flatnonzero(table.truth == 0)
    rows, labels = [], []
    for generator in generators:
        own = np.concatenate([real, np.flatnonzero(table.source == generator)])
        rows.append(own)
        labels += [generator] * own.size
    picked = np.concatenate(rows)
    names = ("reader", "case", "source", "truth", "rating", "call", "seconds", "replicate", "position")
    columns = {name: getattr(table, name)[picked] for name in names}
    extra = {name: values[picked] for name, values in table.extra.items()}
    return replace(table, **columns, arm=np.asarray(labels, dtype=np.str_), extra=extra)
