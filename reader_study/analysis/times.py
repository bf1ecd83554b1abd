"""Active reading time by source, and by whether the call was right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats


@dataclass(frozen=True, slots=True)
class SourceTimes:
    """Quartiles of the active seconds on images of one source; None where no time was recorded."""

    source: str
    n: int
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """Quartiles of the active seconds of right or of wrong calls on images of one source."""

    source: str
    correct: bool
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


def seconds_by_answer(table: RatingTable) -> tuple[AnswerTimes, ...]:
    """Quartiles of first readings with a call for every source, real first, right calls before wrong ones."""
    first = table.primary()
    first = first.where(~np.isnan(first.call))
    right = first.call == first.truth
    return tuple(
        AnswerTimes(source, correct, *_quartiles(first.seconds[(first.source == source) & (right == correct)]))
        for source in first.sources
        for correct in (True, False)
    )


def _times(table: RatingTable, source: str) -> SourceTimes:
    return SourceTimes(source, *_quartiles(table.seconds[table.source == source]))


def _quartiles(seconds: Floats) -> tuple[int, float | None, float | None, float | None]:
    """Number of recorded times and their quartiles."""
    seconds = seconds[~np.isnan(seconds)]
    if not seconds.size:
        return 0, None, None, None
    low, middle, high = (float(value) for value in np.quantile(seconds, (0.25, 0.5, 0.75)))
    return int(seconds.size), low, middle, high
