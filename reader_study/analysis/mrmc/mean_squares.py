"""Mean squares and the four error (co)variances of the Obuchowski-Rockette model."""

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.types import Floats


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Mean squares of the t x J reader-level estimates; NaN where t = 1 or J = 1 leaves no degree of freedom."""

    arms: float
    readers: float
    interaction: float


@dataclass(frozen=True, slots=True)
class ErrorCovariances:
    """Var: same cell; cov1: same reader, other arm; cov2: same arm, other reader; cov3: both differ. NaN where none."""

    var: float
    cov1: float
    cov2: float
    cov3: float


def mean_squares(estimates: Floats) -> MeanSquares:
    """Two-way analysis of variance of `estimates` (t, J) (Obuchowski and Rockette 1995, Commun Stat 24:285)."""
    t, j = estimates.shape
    by_arm, by_reader = estimates.mean(axis=1), estimates.mean(axis=0)
    rest = estimates - by_arm[:, None] - by_reader[None, :] + estimates.mean()
    return MeanSquares(
        arms=_ratio(j * _squares(by_arm), t - 1),
        readers=_ratio(t * _squares(by_reader), j - 1),
        interaction=_ratio(float((rest**2).sum()), (t - 1) * (j - 1)),
    )


def error_covariances(covariance: Floats, shape: tuple[int, int]) -> ErrorCovariances:
    """Average the (t*J, t*J) `covariance` of cells in arm-major order over the four kinds of pairs of cells."""
    t, j = shape
    arm, reader = np.divmod(np.arange(t * j), j)
    same_arm, same_reader = np.equal.outer(arm, arm), np.equal.outer(reader, reader)
    return ErrorCovariances(
        var=_mean(covariance[same_arm & same_reader]),
        cov1=_mean(covariance[~same_arm & same_reader]),
        cov2=_mean(covariance[same_arm & ~same_reader]),
        cov3=_mean(covariance[~same_arm & ~same_reader]),
    )


def _squares(values: Floats) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _ratio(total: float, df: int) -> float:
    return total / df if df else float("nan")


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")
