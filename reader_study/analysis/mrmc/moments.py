"""Moments of pairs of kernels: the one idea behind every U-statistic variance here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.types import Floats


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums of products of two kernels over all pairs of their index sets, for every pair of t statistics.

    numerators, denominators: (2, ..., 2, t, t), one axis a factor (such as reader, real case, synthetic case). At 1 along
    an axis both kernels share that factor's index, at 0 the indices may be any. A numerator sums the products of the
    kernels, a denominator counts them; reads that do not exist count in neither.
    Source: Gallas BD (2006), Acad Radiol 13:353; Gallas, Bandos, Samuelson and Wagner (2009), Commun Stat 38:2586.
    """

    numerators: Floats
    denominators: Floats

    @property
    def factors(self) -> int:
        return self.numerators.ndim - 2

    def coefficients(self) -> Floats:
        """What each moment over disjoint index sets contributes to the covariance; they add up to 0."""
        whole = np.broadcast_to(self.denominators[(0,) * self.factors], self.denominators.shape)
        weights = _ratio(self._each_axis(self.denominators, _exclude), whole)
        weights[(0,) * self.factors] -= 1
        return np.asarray(weights)

    def means(self, *, biased: bool = False) -> Floats:
        """Moments: over disjoint index sets (unbiased), or over all of them as in a V-statistic (biased)."""
        if biased:
            return _ratio(self.numerators, self.denominators)
        disjoint = (self._each_axis(part, _exclude) for part in (self.numerators, self.denominators))
        return _ratio(*disjoint)

    def covariance(self, *, biased: bool = False) -> Floats:
        """(t, t) covariance of the statistics: unbiased and then possibly negative, or the maximum-likelihood one.

        NaN where no two index sets are disjoint (one reader, one case of a class): there is no unbiased estimate then.
        """
        found = (self.coefficients() * self.means(biased=biased)).sum(axis=tuple(range(self.factors)))
        if biased:
            return np.asarray(found)
        apart = self._each_axis(self.denominators, _exclude)[(0,) * self.factors]
        return np.where(apart > 0, found, np.nan)

    def components(self, *, biased: bool = True) -> Floats:
        """Variance components of one factor or several together; the entry of no factor is the product of the means.

        Source: Barrett, Clarkson and Kupinski (2005), Proc SPIE 5749:14; Gallas (2006).
        """
        found = self._each_axis(self.means(biased=biased), _contrast)
        return np.asarray(np.where(self.denominators > 0, found, 0.0))

    def shares(self) -> Floats:
        """Coefficient of every component in the covariance: 1/n of a crossed factor with n levels."""
        whole = np.broadcast_to(self.denominators[(0,) * self.factors], self.denominators.shape)
        return _ratio(self.denominators, whole)

    def centred(self, exposures: Floats, centres: Floats) -> Moments:
        """The moments of the kernels less `centres` (t,), their means; exposures: as the numerators, kernel times read.

        Where every statistic reads the same cases nothing changes. Elsewhere it is what makes a ratio of sums behave: the
        variance then follows the deviations of a reader from the mean, not how many cases she happened to read.
        """
        shift = exposures * centres[None, :]
        mirrored = np.swapaxes(shift, -1, -2)
        numerators = self.numerators - shift - mirrored + self.denominators * np.outer(centres, centres)
        return Moments(numerators, self.denominators)

    def _each_axis(self, values: Floats, change: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> Floats:
        for axis in range(self.factors):
            any_index, same = np.take(values, 0, axis), np.take(values, 1, axis)
            values = np.stack(change(any_index, same), axis=axis)
        return values


def over_readers(cells: Moments, shape: tuple[int, int]) -> Moments:
    """Moments of t ratio-of-sums statistics over J readers from those of their t * J cells (arm-major)."""
    t, j = shape
    parts = []
    for values in (cells.numerators, cells.denominators):
        split = values.reshape(*values.shape[:-2], t, j, t, j)
        parts.append(np.stack([split.sum(axis=(-3, -1)), np.einsum("...iaja->...ij", split)]))
    return Moments(*parts)


def _exclude(any_index: Floats, same: Floats) -> tuple[Floats, Floats]:
    return any_index - same, same


def _contrast(any_index: Floats, same: Floats) -> tuple[Floats, Floats]:
    return any_index, same - any_index


def _ratio(numerators: Floats, denominators: Floats) -> Floats:
    found = np.zeros_like(numerators)
    np.divide(numerators, denominators, out=found, where=denominators > 0)
    return found
