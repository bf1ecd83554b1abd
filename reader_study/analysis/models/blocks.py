"""The information matrix of crossed random effects: a small dense block of readers beside a diagonal one of cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from reader_study.analysis.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class Crossed:
    """Who read what: codes (n,) of readers 0..J-1 and cases 0..K-1, and covariates (n, r) of the readers' effects."""

    reader: Ints
    case: Ints
    n_readers: int
    n_cases: int
    covariates: Floats

    @property
    def r(self) -> int:
        return int(self.covariates.shape[1])

    @property
    def pair(self) -> Ints:
        """(n,) flat index of (reader, case)."""
        return self.reader * self.n_cases + self.case

    def to_readers(self, values: Floats) -> Floats:
        """(J,) sums of `values` (n,) by reader."""
        return np.bincount(self.reader, values, self.n_readers).astype(np.float64)

    def to_cases(self, values: Floats) -> Floats:
        """(K,) sums of `values` (n,) by case."""
        return np.bincount(self.case, values, self.n_cases).astype(np.float64)


class Information:
    """H = A'WA + I for A = (readers' rows M (n, r), cases' scale c) and weights W (n,), factored by Schur's complement.

    The reader block is (J r, J r); the case block is diagonal, so that a factorisation costs O(n + (J r)^2 K).
    """

    def __init__(self, crossed: Crossed, rows: Floats, scale: float, weight: Floats, pair: Ints) -> None:
        j, k, r = crossed.n_readers, crossed.n_cases, crossed.r
        self.cases = 1.0 + scale * scale * crossed.to_cases(weight)
        cross = np.empty((j, r, k))
        block = np.zeros((j, r, j, r))
        every = np.arange(j)
        for t in range(r):
            weighted = weight * rows[:, t]
            cross[:, t, :] = scale * np.bincount(pair, weighted, j * k).reshape(j, k)
            for s in range(t + 1):
                sums = crossed.to_readers(weighted * rows[:, s])
                block[every, t, every, s] = sums
                block[every, s, every, t] = sums
        self.cross = cross.reshape(j * r, k)
        self.carried = self.cross / self.cases
        schur = block.reshape(j * r, j * r) + np.eye(j * r) - self.carried @ self.cross.T
        self.factor = linalg.cho_factor(schur, lower=True, check_finite=False)

    def log_determinant(self) -> float:
        return float(np.log(self.cases).sum() + 2 * np.log(np.diag(self.factor[0])).sum())

    def solve(self, readers: Floats, cases: Floats) -> tuple[Floats, Floats]:
        """H^-1 applied to (J r,) and (K,)."""
        top = linalg.cho_solve(self.factor, readers - self.carried @ cases, check_finite=False)
        return top, cases / self.cases - self.carried.T @ top

    def inverse(self) -> tuple[Floats, Floats, Floats]:
        """Blocks of H^-1: readers (J r, J r), readers by cases (J r, K), and the diagonal of cases (K,)."""
        top = linalg.cho_solve(self.factor, np.eye(len(self.factor[0])), check_finite=False)
        mixed = -top @ self.carried
        return top, mixed, 1 / self.cases - (mixed * self.carried).sum(axis=0)
