"""Do readers get better, worse or faster along their list?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.models.linear import linear_model
from reader_study.analysis.models.mixed import binary_model
from reader_study.analysis.models.result import MixedModel, exponentiated
from reader_study.analysis.models.section import arm_effects, correct, rows_of
from reader_study.analysis.models.trend import Trend, cochran_armitage
from reader_study.analysis.mrmc.arms import compare_arms
from reader_study.analysis.mrmc.covariance import jackknife
from reader_study.analysis.mrmc.grid import Grid, grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.table import RatingTable
from reader_study.analysis.times import with_log_seconds
from reader_study.analysis.types import Estimate, Floats, Ints

TENTHS, QUARTERS = 10, 4
_RANDOM = "(1 | reader) + (1 | case)"


@dataclass(frozen=True, slots=True)
class Tenth:
    """One tenth of every reader's list: share of right calls and median seconds, None where there are none."""

    tenth: int
    n: int
    accuracy: float | None
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class Order:
    """odds_ratio: of a right call for one standard deviation more in position. time_ratio: geometric mean seconds likewise.

    halves: balanced accuracy in the second half of each reader's list less the first; None with `halves_reason`.
    trend: over quarters of the list. position_sd: what one standard deviation is, in places. reason: why nothing is known.
    """

    learning: MixedModel | None
    odds_ratio: Estimate | None
    halves: Estimate | None
    halves_reason: str
    trend: Trend | None
    time: MixedModel | None
    time_ratio: Estimate | None
    tenths: tuple[Tenth, ...]
    position_sd: float | None
    reason: str = ""


def order_section(table: RatingTable, *, alpha: float = 0.05) -> Order:
    """Learning and fatigue along the positions of the first readings, by four views and the points of a plot."""
    first = table.primary()
    spread = float(first.position.std(ddof=1)) if len(first) > 1 else 0.0
    if not spread > 0:
        reason = "The place of each case in its reader's list is not known."
        return Order(None, None, None, reason, None, None, None, (), None, reason)
    z = (first.position - first.position.mean()) / spread
    place = _places(first)
    learning = _learning(first, z, alpha)
    time = _time(first, z, alpha)
    halves, reason = _halves(first, place, alpha)
    return Order(
        learning=learning,
        odds_ratio=_exp(learning, "order_odds_ratio"),
        halves=halves,
        halves_reason=reason,
        trend=_trend(first, place),
        time=time,
        time_ratio=_exp(time, "time_ratio"),
        tenths=_tenths(first, place),
        position_sd=spread,
    )


def _exp(model: MixedModel, method: str) -> Estimate | None:
    found = model.term("position")
    return None if found is None else exponentiated(found, method)


def _learning(table: RatingTable, z: Floats, alpha: float) -> MixedModel:
    arms, words = arm_effects(table)
    formula = f"correct ~ position{words} + {_RANDOM}"
    rows = rows_of(table, correct(table), {"position": z, **arms})
    return binary_model(rows, name="learning", formula=formula, alpha=alpha)


def _time(table: RatingTable, z: Floats, alpha: float) -> MixedModel:
    arms, words = arm_effects(table)
    effects = {"position": z, "truth": table.truth.astype(np.float64), **arms}
    rows = rows_of(table, with_log_seconds(table).column("log_seconds"), effects)
    return linear_model(rows, name="time", formula=f"log(seconds) ~ position + truth{words} + {_RANDOM}", alpha=alpha)


def _places(table: RatingTable) -> Floats:
    """(n,) rank of each read in its reader's own list, from 0 up to but not 1."""
    place = np.empty(len(table))
    for reader in np.unique(table.reader):
        own = np.flatnonzero(table.reader == reader)
        ranks = np.empty(own.size)
        ranks[np.argsort(table.position[own], kind="stable")] = np.arange(own.size)
        place[own] = ranks / own.size
    return place


def _parts(place: Floats, parts: int) -> Ints:
    # The tiny push keeps a rank that falls on a border from slipping below it by rounding.
    return np.minimum((place * parts + 1e-9).astype(np.int64), parts - 1)


def _halves(table: RatingTable, place: Floats, alpha: float) -> tuple[Estimate | None, str]:
    """Each half read by the same readers on different cases: reads missing by design, so the jackknife's covariance."""
    half = np.where(_parts(place, 2) == 0, "2 first half", "1 second half")
    try:
        cells = grid(replace(table, arm=half), "call")
        return _half_difference(cells, alpha), ""
    except AnalysisError as reason:
        return None, str(reason)


def _half_difference(cells: Grid, alpha: float) -> Estimate:
    components = auc_components(cells)
    n_readers = cells.shape[1]
    inference = "RRRC" if n_readers > 1 else "FRRC"
    estimates = components.estimates.reshape(cells.shape)
    compared = compare_arms(cells.arms, estimates, jackknife(components), alpha=alpha, inference=inference)
    found = compared.differences[0]
    return Estimate(
        value=found.estimate,
        interval=found.interval,
        method=compared.method,
        n=cells.n_reads,
        standard_error=found.standard_error,
        df=found.df,
        p_value=found.p_value,
        warnings=cells.warnings,
        n_readers=n_readers,
        n_cases=cells.n_cases,
    )


def _trend(table: RatingTable, place: Floats) -> Trend:
    right = correct(table)
    known = ~np.isnan(right)
    quarter = _parts(place, QUARTERS)[known]
    successes = np.bincount(quarter, right[known], QUARTERS)
    totals = np.bincount(quarter, minlength=QUARTERS)
    return cochran_armitage([int(value) for value in successes], [int(value) for value in totals])


def _tenths(table: RatingTable, place: Floats) -> tuple[Tenth, ...]:
    part, right = _parts(place, TENTHS), correct(table)
    return tuple(_tenth(index, right[part == index], table.seconds[part == index]) for index in range(TENTHS))


def _tenth(index: int, right: Floats, seconds: Floats) -> Tenth:
    right, seconds = right[~np.isnan(right)], seconds[~np.isnan(seconds)]
    accuracy = float(right.mean()) if right.size else None
    return Tenth(index + 1, int(right.size), accuracy, float(np.median(seconds)) if seconds.size else None)
