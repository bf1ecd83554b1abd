"""Spearman's rho of a handful of points."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import permutations

import numpy as np
import scipy  # its stats are loaded when they are first used, which a web process may never need

from reader_study.analysis.concordance.clustered import spearman
from reader_study.analysis.types import Estimate, Floats, Interval, Ints, missing

# 8! = 40,320 orders are counted one by one; beyond that the t approximation serves.
MOST_COUNTED = 8
METHOD = "spearman_exact"


def exact_spearman(x: Floats, y: Floats, *, fewest: int = 4, alpha: float = 0.05) -> Estimate:
    """Spearman's rho of x (n,) and y (n,), NaN = missing, with the p of all orders and Bonett and Wright's interval.

    p: share of the n! orders of y whose |rho| is at least the one found (n <= 8; beyond that from t with n - 2 df).
    Interval: artanh(rho) +- z sqrt((1 + rho^2 / 2) / (n - 3)) (Bonett and Wright 2000, Psychometrika 65:23).
    """
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    n = int(x.size)
    if n < fewest:
        return missing(METHOD, n, f"A rank correlation over checkpoints needs {fewest} of them.")
    rho = spearman(x, y)
    if math.isnan(rho):
        return missing(METHOD, n, "One of the two is the same for every checkpoint.")
    return Estimate(rho, _interval(rho, n, alpha), METHOD, n, p_value=_p_value(x, y, rho))


def _interval(rho: float, n: int, alpha: float) -> Interval | None:
    if n < 4 or abs(rho) > 1 - 1e-12:
        return None
    half = float(scipy.stats.norm.ppf(1 - alpha / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = math.atanh(rho)
    return Interval(math.tanh(centre - half), math.tanh(centre + half), 1 - alpha)


def _p_value(x: Floats, y: Floats, rho: float) -> float:
    n = x.size
    if n > MOST_COUNTED:
        t = abs(rho) * math.sqrt((n - 2) / max(1 - rho**2, 1e-300))
        return float(2 * scipy.stats.t.sf(t, n - 2))
    a, b = scipy.stats.rankdata(x), scipy.stats.rankdata(y)
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    return float((np.abs(b[_orders(n)] @ a / n) >= abs(rho) - 1e-12).mean())


@lru_cache(maxsize=1)
def _orders(n: int) -> Ints:
    """(n!, n): every order of n things; kept, since every metric over the same checkpoints needs it."""
    return np.array(list(permutations(range(n))), dtype=np.int64)
