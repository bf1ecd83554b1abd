"""U-statistics over readers and cases of any design: missing reads, split plots, partially paired arms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.grid import Grid, grid, mean_bounds, mean_grid
from reader_study.analysis.mrmc.moments import Moments, over_readers
from reader_study.analysis.mrmc.pair_sums import auc_exposures, auc_moments
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class UStatistic:
    """t statistics (one an arm), each a ratio of sums over all readers and cases, with everything their tests need.

    estimates: (t,). reader_estimates: (t, J), NaN where a reader has no read. moments: those of the t statistics, whose
    first factor is the reader, as iMRMC prints them; pooled, cells: those of the t statistics about their estimates and of
    the t * J cells about their own, from which the variances come (all the same where every reader read every case).
    levels: (factors, t), how many readers, real cases, synthetic cases (or readers and cases) took part in each arm.
    weights: (t, J), each reader's share of an arm's sum.
    """

    arms: tuple[str, ...]
    readers: tuple[str, ...]
    estimates: Floats
    reader_estimates: Floats
    moments: Moments
    pooled: Moments
    cells: Moments
    levels: Ints
    weights: Floats
    n_real: Ints
    n_synthetic: Ints
    n_reads: Ints
    bounds: tuple[float, float]
    warnings: tuple[str, ...] = ()

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
        """Degrees of freedom after Gallas ("BDG"), not cut down to a whole number; None where no single factor varies.

        df = var^2 / sum over readers and kinds of cases of component^2 / (n - 1)^3, with the biased components; at least
        the smallest n - 1. Source: Obuchowski, Gallas and Hillis (2012), Acad Radiol 19:1508; iMRMC.
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
    return auc_ustat_of(grid(table, column, any_design=True))


def auc_ustat_of(cells: Grid) -> UStatistic:
    """The same from reads already laid out, with readers of one class still in."""
    components = auc_components(cells)
    negatives, positives = cells.cells()
    moments = auc_moments(components, positives, negatives)
    exposures = None if cells.is_complete else auc_exposures(components, positives, negatives)
    read1, read0 = ~np.isnan(cells.positives), ~np.isnan(cells.negatives)
    pairs = read1.sum(axis=2) * read0.sum(axis=2)
    used = (pairs > 0)[:, :, None]
    found = _build(cells, (moments, exposures), components.estimates, pairs, (read0 & used, read1 & used))
    idle = [name for name, read in zip(cells.readers, (pairs > 0).any(axis=0), strict=True) if not read]
    text = f"Left out, having read one class of cases only: {', '.join(idle)}."
    return replace(found, warnings=(text,) if idle else ())


def mean_ustat(table: RatingTable, column: str, *, by: str = "arm") -> UStatistic:
    """Mean of `column` over readers and cases in every group: the kernel of one case (iMRMC's uStat11, identity).

    by: arm, source or truth names the groups; readers are shared between groups wherever they read in both, cases
    likewise, so that a difference of two groups has the right variance in any design. Raises NotEstimable, AnalysisError.
    """
    cells, truth = mean_grid(table, column, by=by)
    values = cells.cells()[1]
    read = ~np.isnan(values) * 1.0
    filled, counts = np.nan_to_num(values), read.sum(axis=1)
    sums = filled.sum(axis=1)
    numerators = np.array([np.outer(sums, sums), filled @ filled.T])
    denominators = np.array([np.outer(counts, counts), read @ read.T])
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    seen = ~np.isnan(cells.positives)
    exposures = np.array([np.outer(sums, counts), filled @ read.T])
    found = _build(cells, (Moments(numerators, denominators), exposures), means, seen.sum(axis=2), (seen,))
    by_case = np.asarray(seen.any(axis=1))
    sizes = (by_case[:, truth == 0].sum(axis=1), by_case[:, truth == 1].sum(axis=1))
    return replace(found, n_real=sizes[0], n_synthetic=sizes[1], bounds=mean_bounds(values))


def _build(
    cells: Grid, sums: tuple[Moments, Floats | None], estimates: Floats, counts: Ints, read: tuple[Flags, ...]
) -> UStatistic:
    totals = counts.sum(axis=1)
    if (totals == 0).any():
        empty = [name for name, total in zip(cells.arms, totals, strict=True) if total == 0]
        raise NotEstimable(f"No reader read both real and synthetic cases in: {', '.join(empty)}.")
    by_reader = estimates.reshape(cells.shape)
    weights = counts / totals[:, None]
    by_case = [part.any(axis=1).sum(axis=1) for part in read]
    means = np.nansum(weights * by_reader, axis=1)
    moments, exposures = sums
    about = [np.repeat(means, cells.shape[1]), np.nan_to_num(estimates)]
    centred = [moments if exposures is None else moments.centred(exposures, centres) for centres in about]
    return UStatistic(
        arms=cells.arms,
        readers=cells.readers,
        estimates=means,
        reader_estimates=by_reader,
        moments=over_readers(moments, cells.shape),
        pooled=over_readers(centred[0], cells.shape),
        cells=centred[1],
        levels=np.array([(counts > 0).sum(axis=1), *by_case]),
        weights=weights,
        n_real=by_case[0],
        n_synthetic=by_case[-1],
        n_reads=np.asarray(sum(part.sum(axis=(1, 2)) for part in read)),
        bounds=(0.0, 1.0),
    )
