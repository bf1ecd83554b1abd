"""Covariance matrices of two-sample statistics that share cases."""

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.pair_sums import auc_exposures, auc_moments
from reader_study.analysis.mrmc.placement import Components
from reader_study.analysis.types import Floats


def delong(components: Components) -> Floats:
    """(g, g) covariance: cov(V10)/n1 + cov(V01)/n0, ddof 1 (DeLong 1988). Needs every case read in every cell."""
    _need_complete(components)
    return _share(components.positives) + _share(components.negatives)


def jackknife(components: Components) -> Floats:
    """(g, g) covariance from leaving out one case at a time, in closed form; missing reads allowed.

    Leaving out case k changes a mean of n components from A to (n A - V_k)/(n - 1), and not at all where k was not read.
    cov = (N-1)/N times the centred cross-products over all N cases (Quenouille; Hillis 2007, Stat Med 26:596). A statistic
    of one class of cases has the other side empty, (g, 0), and counts its own cases alone.
    """
    left_out = np.concatenate([_leave_out(components.positives), _leave_out(components.negatives)], axis=1)
    n = left_out.shape[1]
    shift = left_out - left_out.mean(axis=1, keepdims=True)
    return np.asarray((n - 1) / n * (shift @ shift.T))


def unbiased_auc(components: Components, positives: Floats, negatives: Floats) -> Floats:
    """(g, g) unbiased covariance of empirical AUCs from ratings positives (g, n1) and negatives (g, n0), NaN = not read.

    Without missing reads, with delta = (n0 n1)^2 / [n0 (n0-1) n1 (n1-1)]: cov_gh = {(1-delta) s_g s_h + delta [sum SP SP +
    sum SN SN - cross]} / (n0 n1)^2 with s = n0 n1 A, SP = n0 V10, SN = n1 V01, cross = sum of psi_g psi_h over pairs
    (Gallas 2006); with them, the same moments, about each cell's own AUC, over the cases that two cells share. It may be
    negative, and is NaN for a cell with fewer than two cases of a class.
    """
    moments = auc_moments(components, positives, negatives)
    if np.isnan(positives).any() or np.isnan(negatives).any():
        moments = moments.centred(auc_exposures(components, positives, negatives), np.nan_to_num(components.estimates))
    return moments.covariance()


def _share(values: Floats) -> Floats:
    n = values.shape[1]
    if n == 0:
        return np.zeros((len(values), len(values)))
    if n < 2:
        raise NotEstimable("A variance needs at least two real and two synthetic cases.")
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred @ centred.T / (n - 1) / n)


def _leave_out(values: Floats) -> Floats:
    read = ~np.isnan(values)
    n = read.sum(axis=1, keepdims=True)
    if values.shape[1] == 0:
        return values
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
