"""One endpoint in several arms: the arms themselves, their differences, and the readers one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.findings.multiplicity import adjust
from reader_study.analysis.mrmc.arms import ArmComparison, compare_arms
from reader_study.analysis.mrmc.covariance import auc_covariance, component_covariance
from reader_study.analysis.mrmc.dbm import DbmComponents, dbm_components
from reader_study.analysis.mrmc.design import OR, Design, describe
from reader_study.analysis.mrmc.grid import Grid, grid, mean_bounds, mean_grid
from reader_study.analysis.mrmc.noninferiority import NonInferiority, noninferiority
from reader_study.analysis.mrmc.placement import Components, auc_components
from reader_study.analysis.mrmc.single_arm import INFERENCES, Panel, SingleArm, quantile, single_arm, upper_tail
from reader_study.analysis.mrmc.ustat import auc_ustat, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import ustat_difference, ustat_single
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats, Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """First arm less second. p_holm: adjusted over all pairs of arms. noninferiority: of the first, where a margin is set."""

    first: str
    second: str
    estimate: float
    standard_error: float | None
    df: float | None
    interval: Interval | None
    statistic: float | None
    p_value: float | None
    method: str
    p_holm: float | None = None
    noninferiority: NonInferiority | None = None


@dataclass(frozen=True, slots=True)
class ReaderDifference:
    """One reader's first arm less her second, over other cases (normal)."""

    reader: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """arms: each arm over readers and cases. overall: the test that all are equal.

    The U-statistic compares pairs and has no `overall`. dbm: only with jackknife covariances of a full crossing. `reason`
    says why there is nothing.
    """

    name: str
    design: Design
    arms: tuple[tuple[str, SingleArm], ...] = ()
    overall: ArmComparison | None = None
    differences: tuple[Difference, ...] = ()
    readers: tuple[ReaderDifference, ...] = ()
    dbm: DbmComponents | None = None
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ask:
    null: float
    margin: float | None
    alpha: float
    inference: str


def compare_arms_of(
    table: RatingTable,
    column: str,
    name: str,
    *,
    null: float = 0.5,
    margin: float | None = None,
    alpha: float = 0.05,
    covariance: str | None = None,
    inference: str = "RRRC",
    method: str | None = None,
    statistic: str = "auc",
) -> Comparison:
    """Compare every arm of `table` on one endpoint; what the data do not allow is said, not raised.

    column, statistic: as in `chance_endpoint`. margin: where given, each difference is also tested for non-inferiority of
    its first arm. Raises AnalysisError for an unknown option.
    """
    if inference not in INFERENCES or statistic not in ("auc", "mean"):
        raise AnalysisError(f"Unknown option {inference!r} or {statistic!r}.")
    design = describe(table, column, method=method, covariance=covariance)
    if statistic == "mean" and design.method == OR:
        design = replace(design, covariance="jackknife")
    ask = _Ask(null, margin, alpha, inference)
    try:
        if design.n_arms < 2:
            raise NotEstimable("There is one arm only: nothing to compare.")
        if design.method == OR:
            return _by_or(table, column, name, design, ask, statistic)
        return _by_ustat(table, column, name, design, ask, statistic)
    except NotEstimable as reason:
        return Comparison(name, design, reason=str(reason))


def _by_or(table: RatingTable, column: str, name: str, design: Design, ask: _Ask, statistic: str) -> Comparison:
    cells, components, bounds = _cells(table, column, statistic)
    covariance = _covariance(cells, components, design.covariance, statistic)
    estimates = components.estimates.reshape(cells.shape)
    inference, warnings = ask.inference, cells.warnings
    if len(cells.readers) == 1 and inference != "FRRC":
        inference = "FRRC"
        warnings = (*warnings, "One reader: the intervals cover other cases, not other readers.")
    overall = compare_arms(cells.arms, estimates, covariance, alpha=ask.alpha, inference=inference)
    complete = cells.is_complete and design.covariance == "jackknife" and len(cells.readers) > 1
    return Comparison(
        name=name,
        design=design,
        arms=_each_arm(cells, components, covariance, (name, design.covariance, bounds), ask),
        overall=overall,
        differences=_finished([_plain(overall.method, found) for found in overall.differences], ask),
        readers=_each_reader(cells, estimates, covariance, ask.alpha),
        dbm=dbm_components(overall, cells.n_cases) if complete else None,
        warnings=warnings,
    )


def _cells(table: RatingTable, column: str, statistic: str) -> tuple[Grid, Components, tuple[float, float]]:
    if statistic == "auc":
        cells = grid(table, column)
        return cells, auc_components(cells), (0.0, 1.0)
    cells, _ = mean_grid(table, column)
    negatives, values = cells.cells()
    if np.isnan(values).all(axis=1).any():
        raise NotEstimable("Not every reader read in every arm: this comparison needs the U-statistic.")
    return cells, Components(np.nanmean(values, axis=1), values, negatives), mean_bounds(values)


def _covariance(cells: Grid, components: Components, method: str, statistic: str) -> Floats:
    if statistic == "auc":
        return auc_covariance(cells, components, method)
    return component_covariance(components, method)


def _each_arm(
    cells: Grid, components: Components, covariance: Floats, what: tuple[str, str, tuple[float, float]], ask: _Ask
) -> tuple[tuple[str, SingleArm], ...]:
    name, method, bounds = what
    j, found = len(cells.readers), []
    for at, arm in enumerate(cells.arms):
        own = slice(at * j, (at + 1) * j)
        real, synthetic = (~np.isnan(part[at]) for part in (cells.negatives, cells.positives))
        panel = Panel(
            estimand=name,
            estimates=components.estimates[own],
            covariance=covariance[own, own],
            covariance_method=method,
            n_real=int(real.any(axis=0).sum()),
            n_synthetic=int(synthetic.any(axis=0).sum()),
            n_reads=int(real.sum() + synthetic.sum()),
            bounds=bounds,
        )
        found.append((arm, single_arm(panel, null=ask.null, alpha=ask.alpha, inference=ask.inference)))
    return tuple(found)


def _each_reader(cells: Grid, estimates: Floats, covariance: Floats, alpha: float) -> tuple[ReaderDifference, ...]:
    t, j = cells.shape
    found = []
    for reader, name in enumerate(cells.readers):
        for a, b in combinations(range(t), 2):
            at = a * j + reader, b * j + reader
            variance = covariance[at[0], at[0]] + covariance[at[1], at[1]] - 2 * covariance[at]
            gap = float(estimates[a, reader] - estimates[b, reader])
            found.append(ReaderDifference(name, _normal(cells.arms[a], cells.arms[b], gap, float(variance), alpha)))
    return tuple(found)


def _normal(first: str, second: str, gap: float, variance: float, alpha: float) -> Difference:
    if not variance > 0:
        return Difference(first, second, gap, None, None, None, None, None, "not_estimable")
    error = math.sqrt(variance)
    half = quantile(1 - alpha / 2, None) * error
    p_value = 2 * upper_tail(abs(gap) / error, None)
    interval = Interval(gap - half, gap + half, 1 - alpha)
    return Difference(first, second, gap, error, None, interval, gap / error, p_value, "or_frrc")


def _by_ustat(table: RatingTable, column: str, name: str, design: Design, ask: _Ask, statistic: str) -> Comparison:
    found = auc_ustat(table, column) if statistic == "auc" else mean_ustat(table, column)
    alpha, inference = ask.alpha, ask.inference
    arms = [
        (arm, ustat_single(found, name, arm=arm, null=ask.null, alpha=alpha, inference=inference)) for arm in found.arms
    ]
    pairs = []
    for first, second in combinations(found.arms, 2):
        result = ustat_difference(found, first, second, name, alpha=alpha, inference=inference)
        pairs.append(_of_single(first, second, result))
    warnings = (*found.warnings, *((design.reason,) if design.n_missing else ()))
    return Comparison(name, design, tuple(arms), differences=_finished(pairs, ask), warnings=warnings)


def _plain(method: str, found: object) -> Difference:
    return Difference(method=method, **{key: getattr(found, key) for key in _SHARED})


_SHARED = ("first", "second", "estimate", "standard_error", "df", "interval", "statistic", "p_value")


def _of_single(first: str, second: str, result: SingleArm) -> Difference:
    shared = {key: getattr(result, key) for key in _SHARED[2:]}
    return Difference(first=first, second=second, method=result.method, **shared)


def _finished(pairs: Sequence[Difference], ask: _Ask) -> tuple[Difference, ...]:
    """With Holm's p over all pairs and, where there is a margin, non-inferiority."""
    p_values = [pair.p_value for pair in pairs]
    adjusted = p_values if len(pairs) == 1 else adjust(p_values, family="arms")
    found = [replace(pair, p_holm=p_value) for pair, p_value in zip(pairs, adjusted, strict=True)]
    if ask.margin is None:
        return tuple(found)
    ends = {"margin": ask.margin, "alpha": ask.alpha}
    return tuple(
        replace(pair, noninferiority=noninferiority(pair.estimate, pair.standard_error, pair.df, **ends))
        for pair in found
    )
