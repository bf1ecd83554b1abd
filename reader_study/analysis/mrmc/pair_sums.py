"""Sums over pairs of a real and a synthetic case: what every covariance of empirical AUCs is made of."""

import numpy as np

from reader_study.analysis.mrmc.moments import Moments
from reader_study.analysis.mrmc.placement import Components, placements
from reader_study.analysis.types import Floats, Ints


def auc_moments(components: Components, positives: Floats, negatives: Floats) -> Moments:
    """Moments of the g cells' AUCs over real and synthetic cases (factors in this order), reads missing anywhere."""
    read1, read0 = _read(positives), _read(negatives)
    n1, n0 = read1.sum(axis=1), read0.sum(axis=1)
    by_positive, by_negative = _pair_sums(components, n1, n0)
    sums = by_positive.sum(axis=1)
    shared1, shared0 = read1 @ read1.T, read0 @ read0.T
    pairs1, pairs0 = np.outer(n1, n1), np.outer(n0, n0)
    cross = cross_products(positives, negatives)
    numerators = [[np.outer(sums, sums), by_positive @ by_positive.T], [by_negative @ by_negative.T, cross]]
    denominators = [[pairs1 * pairs0, shared1 * pairs0], [pairs1 * shared0, shared1 * shared0]]
    return Moments(np.array(numerators), np.array(denominators))


def auc_exposures(components: Components, positives: Floats, negatives: Floats) -> Floats:
    """(2, 2, g, g) like the numerators of `auc_moments`, but of psi_g times whether cell h read the pair.

    They re-centre the moments where cells read different cases (`Moments.centred`).
    """
    read1, read0 = _read(positives), _read(negatives)
    n1, n0 = read1.sum(axis=1), read0.sum(axis=1)
    by_positive, by_negative = _pair_sums(components, n1, n0)
    apart = np.outer(by_positive.sum(axis=1), n1 * n0)
    both = _restricted(positives, negatives)
    return np.array([[apart, by_positive @ (n0[:, None] * read1).T], [by_negative @ (n1[:, None] * read0).T, both]])


def _read(values: Floats) -> Floats:
    return np.asarray(~np.isnan(values), dtype=np.float64)


def _pair_sums(components: Components, n1: Floats, n0: Floats) -> tuple[Floats, Floats]:
    """Sums of psi over the real cases, for each synthetic one, and the other way round; 0 where not read."""
    return n0[:, None] * np.nan_to_num(components.positives), n1[:, None] * np.nan_to_num(components.negatives)


def _restricted(positives: Floats, negatives: Floats) -> Floats:
    """(g, g) sums of psi_g over the pairs that cell h read too; cells that read the same cases share the work."""
    read = ~np.isnan(np.concatenate([positives, negatives], axis=1))
    masks, which = np.unique(read, axis=0, return_inverse=True)
    n1 = positives.shape[1]
    sums = [[_restricted_sum(high[mask[:n1]], low[mask[n1:]]) for mask in masks]
            for high, low in zip(positives, negatives, strict=True)]  # fmt: skip
    return np.array(sums)[:, which.reshape(-1)]


def _restricted_sum(positives: Floats, negatives: Floats) -> float:
    high, low = positives[~np.isnan(positives)], negatives[~np.isnan(negatives)]
    return placements(high, low)[0] * high.size * low.size if high.size and low.size else 0.0


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
    """Single precision holds every sum of a block exactly: at most `budget` products of 0, 1, 2 or 4, below 2^24."""
    g, n0 = negatives.shape
    total = np.zeros((g, g))
    step = max(1, budget // (g * n0))
    for start in range(0, positives.shape[1], step):
        high, low = positives[:, start : start + step, None], negatives[:, None, :]
        # Twice psi; a missing read compares as false with everything and counts 0.
        double = np.add(high > low, high >= low, dtype=np.float32).reshape(g, -1)
        total += double @ double.T
    return total / 4
