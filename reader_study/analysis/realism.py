"""Realism ratings by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.mrmc.endpoint import panel_test
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.single_arm import SingleArm
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


@dataclass(frozen=True, slots=True)
class Superiority:
    """P(real rated more realistic than this generator's images) + half the ties; None with `reason`."""

    source: str
    test: SingleArm | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Realism:
    """superiority: P(real rated more realistic than synthetic) + half the ties, over readers and cases.

    generators: the same against every generator's images alone, where there are several.
    """

    sources: tuple[SourceRatings, ...]
    superiority: SingleArm | None
    reason: str = ""
    generators: tuple[Superiority, ...] = ()


def realism_section(table: RatingTable, levels: Sequence[float], *, alpha: float = 0.05) -> Realism:
    """Distribution of the column "realism" by source, and its superiority: an AUC with its multi-reader interval.

    levels: the scale; answers that are no level of it count as missing. What the data do not allow is None with a reason.
    """
    if "realism" not in table.extra:
        return Realism((), None, "Realism was not asked.")
    asked = on_scale(table, "realism", levels)
    whole = _superiority(asked, "synthetic", alpha)
    made_by = asked.sources[1:] if (asked.truth == 0).any() else []
    made_by = [source for source in made_by if (asked.truth[asked.source == source] == 1).all()]
    each = [_superiority(asked.where((asked.truth == 0) | (asked.source == name)), name, alpha) for name in made_by]
    return Realism(by_source(asked, "realism", levels), whole.test, whole.reason, tuple(each) if len(each) > 1 else ())


def on_scale(table: RatingTable, column: str, levels: Sequence[float]) -> RatingTable:
    """The same reads with answers that are no level of the scale ("cannot say") missing; unchanged without a scale."""
    values = table.column(column)
    kept = np.where(np.isin(values, levels), values, np.nan) if len(levels) else values
    return replace(table, extra={**table.extra, column: kept})


def by_source(table: RatingTable, column: str, levels: Sequence[float]) -> tuple[SourceRatings, ...]:
    """Distribution of the ordinal `column` for every source, real first; first readings only."""
    first = table.primary()
    return tuple(_ratings(first, source, column, tuple(levels)) for source in first.sources)


def reversed_scale(table: RatingTable, column: str) -> RatingTable:
    """The same reads with `column` as -rating: its AUC is P(real rated above synthetic) + half the ties."""
    return replace(table, extra={**table.extra, f"-{column}": -table.column(column)})


def _superiority(table: RatingTable, source: str, alpha: float) -> Superiority:
    flipped = reversed_scale(table, "realism")
    name = "P(real rated more realistic)"
    return Superiority(source, *panel_test(lambda: auc_panel(flipped, "-realism", name), null=0.5, alpha=alpha))


def _ratings(table: RatingTable, source: str, column: str, levels: tuple[float, ...]) -> SourceRatings:
    values = table.column(column)[table.source == source]
    values = values[~np.isnan(values)]
    counts = tuple(int((values == level).sum()) for level in levels)
    if not values.size:
        return SourceRatings(source, levels, counts, 0, None, None)
    return SourceRatings(source, levels, counts, int(values.size), float(np.median(values)), float(values.mean()))
