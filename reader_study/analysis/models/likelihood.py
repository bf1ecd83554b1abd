"""Log-likelihood of ordinal and binary outcomes given their linear predictor, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.models.links import Link, Tails
from reader_study.analysis.types import Floats, Ints

# Beyond this both links are 0 or 1 to double precision; finite, so that x * f(x) is 0 and not NaN.
FAR = 800.0
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Outcome:
    """level: (n,) category 0..n_levels-1 of every row, `weight` (n,) how often it was seen.

    P(level <= k) = F(cut_k - eta). With two levels and the cut at 0 this is binary regression of level 1.
    """

    level: Ints
    weight: Floats
    n_levels: int
    link: Link

    @property
    def fisher(self) -> bool:
        """Binary probit takes expected information in the determinant, as is usual (the logit's is the same anyway)."""
        return self.n_levels == 2 and self.link.name == "probit"


@dataclass(frozen=True, slots=True)
class Slopes:
    """First and second derivatives of log p (all (n,), weighted): by eta (`score`, `information` = -second).

    upper, lower: the ratios f/p, f'/p, f''/p at the upper and (negated) at the lower cut, unweighted.
    """

    log_p: Floats
    score: Floats
    information: Floats
    upper: tuple[Floats, Floats, Floats]
    lower: tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Curves:
    """Derivatives of the information (n,): by eta, by the upper and by the lower cut; of the score by either cut."""

    by_eta: Floats
    by_upper: Floats
    by_lower: Floats
    score_by_upper: Floats
    score_by_lower: Floats


def slopes(outcome: Outcome, eta: Floats, cuts: Floats) -> Slopes:
    """Derivatives of log[F(a) - F(b)] with a, b the cuts about each row's level less `eta`."""
    ends = np.concatenate([[-FAR], cuts, [FAR]])
    high = np.clip(ends[outcome.level + 1] - eta, -FAR, FAR)
    low = np.clip(ends[outcome.level] - eta, -FAR, FAR)
    at_high, at_low = outcome.link.at(high), outcome.link.at(low)
    # F(high) - F(low) in the tail where it loses no digits.
    p = np.where(low > 0, at_low.above - at_high.above, at_high.below - at_low.below)
    p = np.maximum(p, _TINY)
    upper, lower = _ratios(at_high, 1 / p), _ratios(at_low, -1 / p)
    first = upper[0] + lower[0]
    second = upper[1] + lower[1] - first * first
    weight = outcome.weight
    return Slopes(weight * np.log(p), -weight * first, -weight * second, upper, lower)


def curves(outcome: Outcome, at: Slopes) -> Curves:
    """Third derivatives of log p, from the ratios that `slopes` left."""
    (r1, r2, r3), (s1, s2, s3) = at.upper, at.lower
    weight = outcome.weight
    # Products, not powers: NumPy's cube is a call of pow() a number.
    rr, ss, rs = r1 * r1, s1 * s1, r1 * s1
    aaa = r3 + r1 * (2 * rr - 3 * r2)
    aab = s1 * (2 * rr - r2)
    abb = r1 * (2 * ss - s2)
    bbb = s3 + s1 * (2 * ss - 3 * s2)
    return Curves(
        by_eta=weight * (aaa + 3 * aab + 3 * abb + bbb),
        by_upper=-weight * (aaa + 2 * aab + abb),
        by_lower=-weight * (aab + 2 * abb + bbb),
        score_by_upper=-weight * (r2 - rr - rs),
        score_by_lower=-weight * (s2 - ss - rs),
    )


def expected(outcome: Outcome, eta: Floats) -> tuple[Floats, Floats]:
    """Expected information of binary rows, phi^2 / [Phi (1 - Phi)], and its derivative by eta."""
    at = outcome.link.at(np.clip(eta, -30.0, 30.0))
    f, above, below = at.density, np.maximum(at.above, _TINY), np.maximum(at.below, _TINY)
    value = outcome.weight * f * f / (above * below)
    return value, value * (2 * at.slope / np.maximum(f, _TINY) + f / above - f / below)


def _ratios(at: Tails, scale: Floats) -> tuple[Floats, Floats, Floats]:
    return at.density * scale, at.slope * scale, at.curve * scale
