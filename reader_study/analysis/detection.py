"""Signal detection: sensitivity d' and criterion c of one reader's calls."""

import math
from dataclasses import dataclass

from scipy import stats

from reader_study.analysis.types import Interval


@dataclass(frozen=True, slots=True)
class Detection:
    """d' with its interval, and criterion c (positive: reluctant to call synthetic). Rates carry +0.5 / +1."""

    d_prime: float
    interval: Interval
    criterion: float
    method: str = "sdt_loglinear"


def detection(hits: int, n_synthetic: int, false_alarms: int, n_real: int, *, alpha: float = 0.05) -> Detection:
    """d' = z(H) - z(F), c = -(z(H) + z(F)) / 2 with H = (hits + 0.5) / (n1 + 1) and F likewise.

    The log-linear correction is always applied (Hautus 1995, Behav Res Methods 27:46); variance of d' after Gourevitch
    and Galanter (1967, Psychometrika 32:25).
    """
    hit_rate, false_rate = (hits + 0.5) / (n_synthetic + 1), (false_alarms + 0.5) / (n_real + 1)
    z_hit, z_false = float(stats.norm.ppf(hit_rate)), float(stats.norm.ppf(false_rate))
    variance = _term(hit_rate, z_hit, n_synthetic + 1) + _term(false_rate, z_false, n_real + 1)
    half = float(stats.norm.ppf(1 - alpha / 2)) * math.sqrt(variance)
    d_prime = z_hit - z_false
    return Detection(d_prime, Interval(d_prime - half, d_prime + half, 1 - alpha), -(z_hit + z_false) / 2)


def _term(rate: float, z: float, n: int) -> float:
    return rate * (1 - rate) / (n * float(stats.norm.pdf(z)) ** 2)
