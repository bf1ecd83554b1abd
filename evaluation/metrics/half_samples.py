"""Balanced half-samples of whole groups: a statistic's variance from pairs of disjoint halves.

The jackknife overrates what depends on several images at once, as a nearest-neighbour ball does. Two disjoint halves are
independent samples of half the size, so that the variance of their difference is the true one at that size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.metrics.resampling import MINIMUM_GROUPS, Groups, assign_blocks, group_codes
from evaluation.metrics.result import BoolArray, FloatArray, TooFewImages

# Primes for which Paley's construction gives a Hadamard matrix of order prime + 1.
PRIMES = (3, 7, 11, 19)


def balanced_halves(sides: Sequence[Groups], blocks: int, seed: int) -> list[BoolArray]:
    """(splits, n) of each side: True in the first half. Whole groups, in blocks that every two splits share out evenly.

    As many splits on every side: 19, 11, 7 or 3, one less than blocks, of which no side has more than it has groups.
    Source: balanced repeated replication, McCarthy, Rev. Int. Stat. Inst. 37:239-264 (1969). Raises TooFewImages below 5 groups.
    """
    groups = min(int(group_codes(side).max()) + 1 for side in sides)
    if groups < MINIMUM_GROUPS:
        raise TooFewImages(f"An interval needs at least {MINIMUM_GROUPS} independent groups; there are {groups}.")
    prime = max(p for p in PRIMES if p == PRIMES[0] or p < min(groups, blocks))
    first = paley_contrasts(prime)
    return [first[:, assign_blocks(side, prime + 1, seed)] for side in sides]


def paley_contrasts(prime: int) -> BoolArray:
    """(prime, prime + 1) rows of a Hadamard matrix, True for +1: half of each row, and half of the places of every two.

    prime: 3 modulo 4. Source: Paley, J. Math. Phys. 12:311-320 (1933).
    """
    squares = {i * i % prime for i in range(1, prime)}
    shift = (np.arange(prime)[None, :] - np.arange(prime)[:, None]) % prime
    return np.hstack([np.isin(shift, sorted(squares)), np.ones((prime, 1), dtype=np.bool_)])


def variance_from_halves(differences: FloatArray, halves: Sequence[BoolArray]) -> FloatArray:
    """(v,) variance of v statistics of all rows, where it falls as 1 / n.

    differences: (splits, v) of the first half less the second one; halves: (splits, n) of each side, split together.
    """
    shares = np.mean([half.mean(axis=1) for half in halves], axis=0)
    return np.asarray(np.mean(differences**2 * (shares * (1 - shares))[:, None], axis=0))
