"""Evidence against a constant success rate that may be looked at after every read."""

from __future__ import annotations

import numpy as np
from scipy import special

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Floats

_HALVINGS = 70


def log_e_value(correct: Floats, n: Floats, null: float | Floats = 0.5, *, a: float = 1.0, b: float = 1.0) -> Floats:
    """log E of `correct` successes in `n` trials against the rate `null`, the alternative mixed over Beta(a, b).

    E = B(a + k, b + n - k) / [B(a, b) null^k (1 - null)^(n - k)]: a test martingale under the null, so that
    P(E >= 1/alpha at any time) <= alpha (Ville 1939; Robbins 1970, Ann Math Stat 41:1397). Arrays broadcast.
    """
    k, total = np.asarray(correct, dtype=np.float64), np.asarray(n, dtype=np.float64)
    mixture = special.betaln(a + k, b + total - k) - special.betaln(a, b)
    return np.asarray(mixture - special.xlogy(k, null) - special.xlog1py(total - k, -np.asarray(null)))


def confidence_sequence(
    correct: Floats, n: Floats, *, alpha: float = 0.05, a: float = 1.0, b: float = 1.0
) -> tuple[Floats, Floats]:
    """Lower and upper ends of {p: E(p) < 1/alpha}: they cover the rate at every time at once with 1 - alpha.

    By bisection on either side of k/n, where E is lowest. Raises AnalysisError for an alpha outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise AnalysisError("alpha must lie between 0 and 1.")
    k, total = np.broadcast_arrays(np.asarray(correct, np.float64), np.asarray(n, np.float64))
    peak = np.divide(k, total, out=np.full(k.shape, 0.5), where=total > 0)
    # The beta functions do not move with the rate: they are worked out once.
    mixture = special.betaln(a + k, b + total - k) - special.betaln(a, b)
    limit = mixture + np.log(alpha)
    return _end(peak, np.zeros(k.shape), k, total, limit), _end(peak, np.ones(k.shape), k, total, limit)


def _end(inside: Floats, outside: Floats, k: Floats, total: Floats, limit: Floats) -> Floats:
    """Where k log p + (n - k) log(1 - p) falls to `limit` between a rate inside the set and the end of 0..1."""
    reached = special.xlogy(k, outside) + special.xlog1py(total - k, -outside) > limit
    low, high = inside.copy(), outside.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        within = special.xlogy(k, middle) + special.xlog1py(total - k, -middle) > limit
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return np.asarray(np.where(reached, outside, (low + high) / 2))
