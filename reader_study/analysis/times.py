"""Active reading time by source."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class SourceTimes:
    """Quartiles of the active seconds on images of one source; None where no time was recorded."""

    source: str
    n: int
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None


def seconds_by_source(table: RatingTable) -> tuple[SourceTimes, ...]:
    """Quartiles (linear interpolation) of first readings for every source, real first."""
    first = table.primary()
    return tuple(_times(first, source) for source in first.sources)


def with_log_seconds(table: RatingTable) -> RatingTable:
    """The reads with the natural logarithm of their seconds as column "log_seconds" (NaN where 0 or missing)."""
    positive = np.where(table.seconds > 0, table.seconds, np.nan)
    return replace(table, extra={**table.extra, "log_seconds": np.log(positive)})


def _times(table: RatingTable, source: str) -> SourceTimes:
    seconds = table.seconds[table.source == source]
    seconds = seconds[~np.isnan(seconds)]
    if not seconds.size:
        return SourceTimes(source, 0, None, None, None)
    low, middle, high = (float(value) for value in np.quantile(seconds, (0.25, 0.5, 0.75)))
    return SourceTimes(source, int(seconds.size), low, middle, high)
