"""The whole analysis of a one-arm study in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.agreement.coefficients import fleiss_kappa, gwet_ac, percent_agreement, quadratic_weights
from reader_study.analysis.agreement.repeats import RepeatAgreement, repeat_agreement
from reader_study.analysis.counts import Confusion, confusion
from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.endpoint import Endpoint, chance_endpoint, panel_test
from reader_study.analysis.mrmc.panel import auc_panel, difference_panel
from reader_study.analysis.mrmc.pooled import Pooled, pooled
from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.readers import ReaderRow, reader_rows
from reader_study.analysis.realism import SourceRatings, by_source, reversed_scale
from reader_study.analysis.table import RatingTable
from reader_study.analysis.times import SourceTimes, seconds_by_source, with_log_seconds
from reader_study.analysis.types import Estimate, Floats

RATING_LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
REALISM_LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)


@dataclass(frozen=True, slots=True)
class Size:
    """What was read: first readings, of them without a rating, and hidden repeats."""

    n_readers: int
    n_real: int
    n_synthetic: int
    n_reads: int
    n_unanswered: int
    n_unread: int
    n_repeats: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Between readers: calls (percent, Fleiss kappa, AC1) and ratings (AC2 with quadratic weights)."""

    percent_calls: Estimate
    fleiss_calls: Estimate
    ac1_calls: Estimate
    ac2_ratings: Estimate


@dataclass(frozen=True, slots=True)
class Realism:
    """superiority: P(real rated more realistic than synthetic) + half the ties, over readers and cases."""

    sources: tuple[SourceRatings, ...]
    superiority: SingleArm | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """log_ratio: mean log seconds on synthetic less real cases; exp() of it is a ratio of geometric means."""

    sources: tuple[SourceTimes, ...]
    log_ratio: SingleArm | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StudyAnalysis:
    """Everything that the results page and the results file show. `primary` carries the study's verdict."""

    null: float
    margin: float
    alpha: float
    size: Size
    primary: Endpoint
    auc: Endpoint
    readers: tuple[ReaderRow, ...]
    counts: Confusion
    pooled: Pooled
    agreement: Agreement
    repeats: RepeatAgreement
    realism: Realism
    times: Times
    warnings: tuple[str, ...]


def analyse_single_arm(
    table: RatingTable,
    *,
    null: float = 0.5,
    margin: float = 0.1,
    alpha: float = 0.05,
    rating_levels: Sequence[float] = RATING_LEVELS,
    realism_levels: Sequence[float] = REALISM_LEVELS,
) -> StudyAnalysis:
    """Analyse first readings of one arm; repeats serve only the agreement of readers with themselves.

    margin: half-width of equivalence about `null`, fixed before reading. rating_levels, realism_levels: the scales.
    Raises AnalysisError for an empty table; anything else that the data do not allow is None with a reason.
    """
    if len(table) == 0:
        raise AnalysisError("There are no reads to analyse.")
    ends = {"null": null, "margin": margin, "alpha": alpha}
    primary = chance_endpoint(table, "call", "balanced accuracy", **ends)
    area = chance_endpoint(table, "rating", "AUC", **ends)
    counts = confusion(table)
    return StudyAnalysis(
        null=null,
        margin=margin,
        alpha=alpha,
        size=_size(table),
        primary=primary,
        auc=area,
        readers=reader_rows(table, rating_levels, alpha=alpha),
        counts=counts,
        pooled=pooled(counts, primary.random),
        agreement=_agreement(table, rating_levels, alpha),
        repeats=repeat_agreement(table, rating_levels, alpha=alpha),
        realism=_realism(table, realism_levels, alpha),
        times=_times(table, alpha),
        warnings=_warnings(primary, area),
    )


def read_matrix(table: RatingTable, column: str) -> Floats:
    """(readers, cases) first readings of `column`, NaN where missing, both in the order of their labels."""
    first = table.primary()
    readers, reader = np.unique(first.reader, return_inverse=True)
    cases, case = np.unique(first.case, return_inverse=True)
    matrix = np.full((readers.size, cases.size), np.nan)
    matrix[reader, case] = first.column(column)
    return matrix


def _size(table: RatingTable) -> Size:
    first = table.primary()
    synthetic = np.unique(first.case[first.truth == 1]).size
    cases = np.unique(first.case).size
    readers = len(first.readers)
    return Size(
        n_readers=readers,
        n_real=cases - synthetic,
        n_synthetic=synthetic,
        n_reads=len(first),
        n_unanswered=int(np.isnan(first.rating).sum()),
        n_unread=readers * cases - len(first),
        n_repeats=len(table) - len(first),
    )


def _agreement(table: RatingTable, levels: Sequence[float], alpha: float) -> Agreement:
    calls, ratings = read_matrix(table, "call"), read_matrix(table, "rating")
    weights = quadratic_weights(levels)
    return Agreement(
        percent_calls=percent_agreement(calls, (0.0, 1.0), alpha=alpha),
        fleiss_calls=fleiss_kappa(calls, (0.0, 1.0), alpha=alpha),
        ac1_calls=gwet_ac(calls, (0.0, 1.0), alpha=alpha),
        ac2_ratings=gwet_ac(ratings, levels, weights=weights, alpha=alpha),
    )


def _realism(table: RatingTable, levels: Sequence[float], alpha: float) -> Realism:
    if "realism" not in table.extra:
        return Realism((), None, "Realism was not asked.")
    flipped = reversed_scale(table, "realism")
    name = "P(real rated more realistic)"
    test, reason = panel_test(lambda: auc_panel(flipped, "-realism", name), null=0.5, alpha=alpha)
    return Realism(by_source(table, "realism", levels), test, reason)


def _times(table: RatingTable, alpha: float) -> Times:
    logged = with_log_seconds(table)
    name = "log time ratio, synthetic to real"
    test, reason = panel_test(lambda: difference_panel(logged, "log_seconds", name), null=0.0, alpha=alpha)
    return Times(seconds_by_source(table), test, reason)


def _warnings(*endpoints: Endpoint) -> tuple[str, ...]:
    found = [text for endpoint in endpoints if endpoint.random for text in endpoint.random.warnings]
    return tuple(dict.fromkeys(found))
