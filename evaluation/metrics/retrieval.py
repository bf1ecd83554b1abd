"""Recall at k in closed form: the chance that the right one is among the best k of n candidates.

Candidates other than the right one are a random draw; the mean over all draws is a hypergeometric probability, so that
no seed is needed and the number does not depend on the order of the rows. Ties are broken at random in the mean, too.

A prompt moves the recall twice, as a query and as a candidate of all others: its variance has both parts, each counted once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from evaluation.metrics.resampling import MINIMUM_GROUPS, clustered_mean
from evaluation.metrics.result import BoolArray, FloatArray, IntArray

CHUNK = 512
# At so many misses (or hits) the spread of hits that are probabilities counts as much as that of hits that are 0 or 1.
FEW = 4
# Cosines this close are a tie: float32 products of equal vectors differ by less.
TIE = 2e-6


@dataclass(frozen=True)
class Ranks:
    """For each of n queries, by block of the other candidates (n, b): how many score higher, tie, and are there at all."""

    ahead: IntArray
    tied: IntArray
    others: IntArray

    def without(self, block: int) -> Ranks:
        """The ranks when the candidates of one block are gone."""
        keep = np.arange(self.ahead.shape[1]) != block
        return Ranks(self.ahead[:, keep], self.tied[:, keep], self.others[:, keep])

    def recall(self, ks: tuple[int, ...], candidates: int) -> FloatArray:
        """(n, len(ks)) probability that the right one is among the best k of ``candidates`` (itself and random others)."""
        return expected_recall(self.ahead.sum(axis=1), self.tied.sum(axis=1), self.others.sum(axis=1), ks, candidates)


def rank_right_ones(
    queries: npt.NDArray[np.float32],
    candidates: npt.NDArray[np.float32],
    right: IntArray,
    query_keys: IntArray,
    candidate_keys: IntArray,
    blocks: IntArray,
) -> Ranks:
    """Rank of candidate ``right[i]`` for query i among the candidates whose key differs from the query's.

    queries (n, d) and candidates (m, d) of length 1; blocks (m,) 0..b-1, -1 = in none of them (counted in a last column).
    """
    count = int(blocks.max()) + 2
    member = np.zeros((len(candidates), count), dtype=np.float32)
    member[np.arange(len(candidates)), np.where(blocks < 0, count - 1, blocks)] = 1
    shape = (len(queries), count)
    ahead, tied, others = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for start in range(0, len(queries), CHUNK):
        rows = slice(start, start + CHUNK)
        scores = queries[rows] @ candidates.T
        own = scores[np.arange(len(scores)), right[rows]][:, None]
        other = query_keys[rows, None] != candidate_keys
        ahead[rows] = ((scores > own + TIE) & other).astype(np.float32) @ member
        tied[rows] = ((np.abs(scores - own) <= TIE) & other).astype(np.float32) @ member
        others[rows] = other.astype(np.float32) @ member
    return Ranks(*(np.rint(part).astype(np.intp) for part in (ahead, tied, others)))


def expected_recall(
    ahead: IntArray, tied: IntArray, others: IntArray, ks: tuple[int, ...], candidates: int
) -> FloatArray:
    """(n, len(ks)): mean over draws of candidates - 1 of ``others`` (all of them where there are fewer), ties at random.

    ahead, tied, others: (n,) candidates that score higher, equal, and all but the right one.
    """
    keys, back = np.unique(np.column_stack([ahead, tied, others]), axis=0, return_inverse=True)
    found = np.empty((len(keys), len(ks)))
    single = keys[:, 1] == 0
    found[single] = _recall(keys[single, 0], keys[single, 2], ks, candidates)
    for row in np.flatnonzero(~single):
        better, ties, count = keys[row]
        places = better + np.arange(ties + 1)
        found[row] = _recall(places, np.full(len(places), count), ks, candidates).mean(axis=0)
    return np.asarray(found[back.ravel()])


def _recall(ahead: IntArray, others: IntArray, ks: tuple[int, ...], candidates: int) -> FloatArray:
    """P(fewer than k of those ahead are drawn): the hypergeometric distribution's lower tail."""
    drawn = np.minimum(candidates - 1, others)
    terms = np.array([_hypergeometric(h, ahead, others, drawn) for h in range(max(ks))]).reshape(max(ks), len(ahead))
    tail = np.cumsum(terms, axis=0)
    capped: FloatArray = np.minimum(tail[np.array(ks) - 1].T, 1.0)
    return capped


def _hypergeometric(hits: int, ahead: IntArray, others: IntArray, drawn: IntArray) -> FloatArray:
    """Probability of exactly ``hits`` of ``ahead`` in ``drawn`` of ``others``."""
    behind = others - ahead
    possible = (hits <= ahead) & (hits <= drawn) & (drawn - hits <= behind)
    a, b, n, d = (np.where(possible, part, hits) for part in (ahead, behind, others, drawn))
    b, n = np.where(possible, b, 0), np.where(possible, n, hits)
    log = _choose(a, np.full_like(a, hits)) + _choose(b, d - hits) - _choose(n, d)
    return np.asarray(np.where(possible, np.exp(log), 0.0))


def _choose(n: IntArray, k: IntArray) -> FloatArray:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))


def recall_error(
    full: FloatArray, left_out: FloatArray, rows: BoolArray, blocks: IntArray, groups: IntArray
) -> tuple[float, float]:
    """(standard error, degrees of freedom) of the mean of ``full`` over ``rows``.

    full: (n,) recall of each query; left_out: (b, n) the same without the candidates of each block; blocks, groups: (n,).
    Given the candidates, the queries are a sample of groups. What a block's candidates do to all other queries adds its sum of
    squares, less what a mean over so many queries has by chance, and its product with what the block's own queries do; the
    jackknife counts that chance, a second-order effect, once more (Efron & Stein, Ann. Stat. 9:586, 1981).
    Raises TooFewImages below MINIMUM_GROUPS groups.
    """
    mean, se, query_df = clustered_mean(full[rows], groups[rows])
    count = len(left_out)
    kept = rows & (blocks != np.arange(count)[:, None])
    # What a query gains without this block, less what it gains without any.
    change = np.where(kept, left_out - full, 0.0)
    change = np.where(kept, change - change.sum(axis=0) / np.maximum(kept.sum(axis=0), 1), 0.0)
    parts = [
        (full[own].mean() - mean, *clustered_mean(gain[own], groups[own])[:2])
        for own, gain in zip(kept, change, strict=True)
        if len(np.unique(groups[own])) >= MINIMUM_GROUPS
    ]
    extra = 0.0
    if len(parts) > 1:
        by_queries, by_candidates, chance = np.array(parts).T
        by_candidates -= by_candidates.mean()
        scale = 1 - 1 / len(parts)
        extra = scale * float(by_candidates @ (by_candidates + 2 * by_queries) - scale * chance @ chance)
    return _combined(se**2, query_df, extra, max(len(parts) - 1, 1), mean, int(rows.sum()))


def _combined(
    queries: float, query_df: float, candidates: float, candidate_df: float, mean: float, n: int
) -> tuple[float, float]:
    """The two parts' sum and its degrees of freedom (Welch-Satterthwaite)."""
    # Differences of noisy squares can be anything: never less than half the error of the queries.
    variance = max(queries + candidates, queries / 4)
    spread = queries**2 / query_df + (variance - queries) ** 2 / candidate_df
    df = variance**2 / spread if spread > 0 else query_df
    # Where nearly all queries hit for certain, the rare ones that do not may be missing from the sample.
    misses = n * min(mean, 1 - mean)
    least = mean * (1 - mean) / n
    return float(np.sqrt((misses * variance + FEW * max(variance, least)) / (misses + FEW))), df
