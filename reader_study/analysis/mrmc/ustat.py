"""U-statistics over readers and cases of any design: missing reads, split plots, partially paired arms."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.covariance import auc_moments
from reader_study.analysis.mrmc.grid import Grid, grid
from reader_study.analysis.mrmc.moments import Moments, over_readers
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Flags, Floats, Ints

GROUPS = ("arm", "source", "truth")


@dataclass(frozen=True, slots=True)
class UStatistic:
    """t statistics (one an arm), each a ratio of sums over all readers and cases, with everything their tests need.

    estimates: (t,). reader_estimates: (t, J), NaN where a reader has no read. cells: moments of the t * J cells;
    pooled: those of the t statistics, whose first factor is the reader. levels: (factors, t), how many readers, real cases,
    synthetic cases (or readers and cases) took part in each arm. weights: (t, J), each reader's share of an arm's sum.
    """

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    estimates: Floats
    reader_estimates: Floats
    cells: Moments
    pooled: Moments
    levels: Ints
    weights: Floats
    n_real: Ints
    n_synthetic: Ints
    n_reads: Ints
    bounds: tuple[float, float]

    def contrast(self, arm: str, minus: str | None = None) -> Floats:
        """(t,) weights of one arm, or of one less another. Raises AnalysisError for an unknown arm."""
        weights = np.zeros(len(self.arms))
        for name, sign in ((arm, 1.0), (minus, -1.0)):
            if name is not None:
                if name not in self.arms:
                    raise AnalysisError(f"There is no arm {name!r} among {', '.join(self.arms)}.")
                weights[self.arms.index(name)] = sign
        return weights

    def variance(self, contrast: Floats, *, biased: bool = False) -> float:
        """Variance of a contrast of the arms over other readers and other cases."""
        return float(contrast @ self.pooled.covariance(biased=biased) @ contrast)

    def fixed_variance(self, contrast: Floats, *, biased: bool = False) -> float:
        """Variance of a contrast of the arms for these readers alone, over other cases."""
        weights = (contrast[:, None] * self.weights).reshape(-1)
        used = weights != 0
        return float(weights[used] @ self.cells.covariance(biased=biased)[np.ix_(used, used)] @ weights[used])

    def df(self, contrast: Floats, variance: float) -> float | None:
        """Degrees of freedom of Barrett, Davidson and Gallas, not floored; None where no single factor varies.

        df = var^2 / sum over readers and kinds of cases of component^2 / (n - 1)^3, with the biased components; at least
        the smallest n - 1. Source: Gallas BD and others (2009); iMRMC 4 statistical manual.
        """
        free = self._freedom(contrast)
        components = self.pooled.components()
        total = 0.0
        for factor, degrees in enumerate(free):
            index = tuple(int(axis == factor) for axis in range(free.size))
            total += float(contrast @ components[index] @ contrast) ** 2 / degrees**3 if degrees > 0 else 0.0
        return float(max(variance**2 / total, free[free > 0].min())) if total > 0 else None

    def _freedom(self, contrast: Floats) -> Ints:
        # Arms of unequal size share the smaller degrees of freedom: the careful side.
        return np.asarray(self.levels[:, contrast != 0].min(axis=1) - 1)


def auc_ustat(table: RatingTable, column: str = "rating") -> UStatistic:
    """Empirical AUC of every arm of `table`, pairs of all readers pooled (Gallas 2006; Gallas and others 2009).

    With column "call" it is the balanced accuracy. Raises NotEstimable where an arm has no pair of a real and a synthetic
    read by one reader.
    """
    cells = grid(table, column, any_design=True)
    components = auc_components(cells)
    negatives, positives = cells.cells()
    moments = auc_moments(components, positives, negatives)
    read1, read0 = ~np.isnan(cells.positives), ~np.isnan(cells.negatives)
    pairs = read1.sum(axis=2) * read0.sum(axis=2)
    used = (pairs > 0)[:, :, None]
    return _build(cells, moments, components.estimates, pairs, (read0 & used, read1 & used))


def mean_ustat(table: RatingTable, column: str, *, by: str = "arm") -> UStatistic:
    """Mean of `column` over readers and cases in every group: the kernel of one case (iMRMC's uStat11, identity).

    by: arm, source or truth names the groups; readers are shared between groups wherever they read in both, cases
    likewise, so that a difference of two groups has the right variance in any design. Raises NotEstimable, AnalysisError.
    """
    cells, truth = _mean_cells(table, column, by)
    values = cells.cells()[1]
    read = ~np.isnan(values) * 1.0
    filled, counts = np.nan_to_num(values), read.sum(axis=1)
    sums = filled.sum(axis=1)
    numerators = np.array([np.outer(sums, sums), filled @ filled.T])
    denominators = np.array([np.outer(counts, counts), read @ read.T])
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    seen = ~np.isnan(cells.positives)
    found = _build(cells, Moments(numerators, denominators), means, seen.sum(axis=2), (seen,))
    by_case = seen.any(axis=1)
    sizes = (by_case[:, truth == 0].sum(axis=1), by_case[:, truth == 1].sum(axis=1))
    return replace(found, n_real=sizes[0], n_synthetic=sizes[1], bounds=_bounds(values))


def _mean_cells(table: RatingTable, column: str, by: str) -> tuple[Grid, Ints]:
    if by not in GROUPS:
        raise AnalysisError(f"Unknown grouping {by!r}: choose arm, source or truth.")
    first = table.primary()
    first = first.where(~np.isnan(first.column(column)))
    if len(first) == 0:
        raise NotEstimable(f"No read has a value for {column!r}.")
    groups, group = np.unique(getattr(first, by).astype(np.str_), return_inverse=True)
    readers, reader = np.unique(first.reader, return_inverse=True)
    cases, case = np.unique(first.case, return_inverse=True)
    values = np.full((groups.size, readers.size, cases.size), np.nan)
    if np.unique(np.stack([group, reader, case]), axis=1).shape[1] < len(first):
        raise NotEstimable("A reader has several reads of a case in one group: choose one arm.")
    values[group, reader, case] = first.column(column)
    truth = np.zeros(cases.size, dtype=np.int64)
    truth[case] = first.truth
    return Grid(tuple(map(str, groups)), tuple(map(str, readers)), values[:, :, :0], values), truth


def _bounds(values: Floats) -> tuple[float, float]:
    """Proportions stay between 0 and 1; other means have no bounds."""
    return (0.0, 1.0) if np.isin(values[~np.isnan(values)], (0.0, 1.0)).all() else (-math.inf, math.inf)


def _build(cells: Grid, moments: Moments, estimates: Floats, counts: Ints, read: tuple[Flags, ...]) -> UStatistic:
    totals = counts.sum(axis=1)
    if (totals == 0).any():
        empty = [name for name, total in zip(cells.arms, totals, strict=True) if total == 0]
        raise NotEstimable(f"No reader read both real and synthetic cases in: {', '.join(empty)}.")
    by_reader = estimates.reshape(cells.shape)
    weights = counts / totals[:, None]
    by_case = [part.any(axis=1).sum(axis=1) for part in read]
    return UStatistic(
        arms=cells.arms,
        readers=cells.readers,
        estimates=np.nansum(weights * by_reader, axis=1),
        reader_estimates=by_reader,
        cells=moments,
        pooled=over_readers(moments, cells.shape),
        levels=np.array([(counts > 0).sum(axis=1), *by_case]),
        weights=weights,
        n_real=by_case[0],
        n_synthetic=by_case[-1],
        n_reads=np.asarray(sum(part.sum(axis=(1, 2)) for part in read)),
        bounds=(0.0, 1.0),
    )
