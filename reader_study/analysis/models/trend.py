"""Trend of a proportion over ordered groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class Trend:
    """Chi-square with one degree of freedom; `direction` is the sign of the slope. None where the data do not allow it."""

    successes: tuple[int, ...]
    totals: tuple[int, ...]
    statistic: float | None
    p_value: float | None
    direction: int
    method: str = "cochran_armitage"
    reason: str = ""


def cochran_armitage(successes: Sequence[int], totals: Sequence[int]) -> Trend:
    """Cochran-Armitage test over equally spaced groups (Armitage 1955, Biometrics 11:375).

    chi2 = [sum x_g (s_g - n_g p)]^2 / {p (1 - p) [sum n_g x_g^2 - (sum n_g x_g)^2 / n]}, without continuity correction. It
    takes the reads as independent.
    """
    s, n = np.asarray(successes, dtype=np.float64), np.asarray(totals, dtype=np.float64)
    counts = tuple(int(value) for value in s), tuple(int(value) for value in n)
    total = float(n.sum())
    share = float(s.sum()) / total if total else 0.0
    if not 0 < share < 1 or (n > 0).sum() < 2:
        return Trend(*counts, None, None, 0, reason="A trend needs right and wrong calls in two groups or more.")
    x = np.arange(n.size, dtype=np.float64)
    slope = float(x @ (s - n * share))
    variance = share * (1 - share) * float(n @ x**2 - (n @ x) ** 2 / total)
    statistic = slope**2 / variance
    return Trend(*counts, statistic, float(stats.chi2.sf(statistic, 1)), int(math.copysign(1, slope)) if slope else 0)
