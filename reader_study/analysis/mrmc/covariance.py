"""Covariance matrices of two-sample statistics that share cases."""

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.moments import Moments
from reader_study.analysis.mrmc.placement import Components
from reader_study.analysis.types import Floats, Ints


def delong(components: Components) -> Floats:
    """(g, g) covariance: cov(V10)/n1 + cov(V01)/n0, ddof 1 (DeLong 1988). Needs every case read in every cell."""
    _need_complete(components)
    return _share(components.positives) + _share(components.negatives)


def jackknife(components: Components) -> Floats:
    """(g, g) covariance from leaving out one case at a time, in closed form; missing reads allowed.

    Leaving out case k changes a mean of n components from A to (n A - V_k)/(n - 1), and not at all where k was not read.
    cov = (N-1)/N times the centred cross-products over all N cases (Quenouille; Hillis 2007, Stat Med 26:596).
    """
    left_out = np.concatenate([_leave_out(components.positives), _leave_out(components.negatives)], axis=1)
    n = left_out.shape[1]
    shift = left_out - left_out.mean(axis=1, keepdims=True)
    return np.asarray((n - 1) / n * (shift @ shift.T))


def unbiased_auc(components: Components, positives: Floats, negatives: Floats) -> Floats:
    """(g, g) unbiased covariance of empirical AUCs from ratings positives (g, n1) and negatives (g, n0), NaN = not read.

    Without missing reads, with delta = (n0 n1)^2 / [n0 (n0-1) n1 (n1-1)]: cov_gh = {(1-delta) s_g s_h + delta [sum SP SP +
    sum SN SN - cross]} / (n0 n1)^2 with s = n0 n1 A, SP = n0 V10, SN = n1 V01, cross = sum of psi_g psi_h over pairs
    (Gallas 2006); with them, the same moments over the cases that two cells share. It may be negative.
    """
    return auc_moments(components, positives, negatives).covariance()


def auc_moments(components: Components, positives: Floats, negatives: Floats) -> Moments:
    """Moments of the g cells' AUCs over real and synthetic cases (factors in this order), reads missing anywhere."""
    read1, read0 = (~np.isnan(values) * 1.0 for values in (positives, negatives))
    n1, n0 = read1.sum(axis=1), read0.sum(axis=1)
    by_positive = n0[:, None] * np.nan_to_num(components.positives)
    by_negative = n1[:, None] * np.nan_to_num(components.negatives)
    sums = by_positive.sum(axis=1)
    shared1, shared0 = read1 @ read1.T, read0 @ read0.T
    pairs1, pairs0 = np.outer(n1, n1), np.outer(n0, n0)
    cross = cross_products(positives, negatives)
    numerators = [[np.outer(sums, sums), by_positive @ by_positive.T], [by_negative @ by_negative.T, cross]]
    denominators = [[pairs1 * pairs0, shared1 * pairs0], [pairs1 * shared0, shared1 * shared0]]
    return Moments(np.array(numerators), np.array(denominators))


def cross_products(positives: Floats, negatives: Floats) -> Floats:
    """(g, g) sums of psi_g psi_h over all pairs read in both cells: by levels for few of them, else blocks of pairs."""
    levels, codes = np.unique(np.concatenate([positives, negatives], axis=1), return_inverse=True)
    codes = codes.reshape(len(positives), -1)
    # Missing reads are one NaN at the end of the levels; their code then matches no level of the histograms.
    k = int(np.count_nonzero(~np.isnan(levels)))
    if k * len(positives) <= 2_000:
        return _cross_by_levels(codes[:, : positives.shape[1]], codes[:, positives.shape[1] :], k)
    return _cross_by_blocks(positives, negatives)


def _cross_by_levels(positives: Ints, negatives: Ints, k: int) -> Floats:
    g = len(positives)
    psi = np.heaviside(np.subtract.outer(np.arange(k), np.arange(k)).astype(np.float64), 0.5)
    high, low = _joint_histogram(positives, k), _joint_histogram(negatives, k)
    # high[ga, hb] -> sum_ab psi[a, c] psi[b, d] high, then the product with the negatives' histogram.
    carried = np.einsum("ac,gahb,bd->gchd", psi, high.reshape(g, k, g, k), psi, optimize=True)
    return np.asarray(np.einsum("gchd,gchd->gh", carried, low.reshape(g, k, g, k)))


def _joint_histogram(codes: Ints, k: int) -> Floats:
    marks = (codes[:, None, :] == np.arange(k)[None, :, None]).astype(np.float64)
    flat = marks.reshape(-1, codes.shape[1])
    return np.asarray(flat @ flat.T)


def _cross_by_blocks(positives: Floats, negatives: Floats, budget: int = 4_000_000) -> Floats:
    g, n0 = negatives.shape
    total = np.zeros((g, g))
    step = max(1, budget // (g * n0))
    for start in range(0, positives.shape[1], step):
        block = positives[:, start : start + step, None] - negatives[:, None, :]
        psi = np.nan_to_num(np.heaviside(block, 0.5), copy=False).reshape(g, -1)
        total += psi @ psi.T
    return total


def _share(values: Floats) -> Floats:
    n = values.shape[1]
    if n < 2:
        raise NotEstimable("A variance needs at least two real and two synthetic cases.")
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred @ centred.T / (n - 1) / n)


def _leave_out(values: Floats) -> Floats:
    read = ~np.isnan(values)
    n = read.sum(axis=1, keepdims=True)
    if (n < 2).any():
        raise NotEstimable("A variance needs at least two real and two synthetic reads of every reader.")
    mean = np.nanmean(values, axis=1, keepdims=True)
    return np.asarray(np.where(read, (n * mean - np.nan_to_num(values)) / (n - 1), mean))


def _need_complete(components: Components) -> None:
    if np.isnan(components.positives).any() or np.isnan(components.negatives).any():
        raise NotEstimable("This covariance needs every case read by every reader: use the jackknife.")


def auc_covariance(grid: Grid, components: Components, method: str) -> Floats:
    """(g, g) covariance of the AUCs of `grid` by `method`: delong, jackknife or unbiased."""
    if method == "unbiased":
        negatives, positives = grid.cells()
        return unbiased_auc(components, positives, negatives)
    return component_covariance(components, method)


def component_covariance(components: Components, method: str) -> Floats:
    """(g, g) covariance of any one- or two-sample statistic from its components: delong or jackknife."""
    if method == "delong":
        return delong(components)
    if method == "jackknife":
        return jackknife(components)
    raise AnalysisError(f"Unknown covariance {method!r}: choose delong, jackknife or unbiased.")


def choose_covariance(grid: Grid) -> tuple[str, str]:
    """The covariance method that the design allows, and the reason in words."""
    if grid.is_complete:
        return "delong", "Every reader read every case: DeLong covariances."
    return "jackknife", "Some reads are missing: jackknife covariances over the reads that exist."
