"""Realism ratings by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class SourceRatings:
    """How often each level was given to images of one source; the mean is a supplement to the distribution."""

    source: str
    levels: tuple[float, ...]
    counts: tuple[int, ...]
    n: int
    median: float | None
    mean: float | None


def by_source(table: RatingTable, column: str, levels: Sequence[float]) -> tuple[SourceRatings, ...]:
    """Distribution of the ordinal `column` for every source, real first; first readings only."""
    first = table.primary()
    return tuple(_ratings(first, source, column, tuple(levels)) for source in first.sources)


def reversed_scale(table: RatingTable, column: str) -> RatingTable:
    """The same reads with `column` as -rating: its AUC is P(real rated above synthetic) + half the ties."""
    return replace(table, extra={**table.extra, f"-{column}": -table.column(column)})


def _ratings(table: RatingTable, source: str, column: str, levels: tuple[float, ...]) -> SourceRatings:
    values = table.column(column)[table.source == source]
    values = values[~np.isnan(values)]
    counts = tuple(int((values == level).sum()) for level in levels)
    if not values.size:
        return SourceRatings(source, levels, counts, 0, None, None)
    return SourceRatings(source, levels, counts, int(values.size), float(np.median(values)), float(values.mean()))
