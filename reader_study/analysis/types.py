"""Array types and the small value objects that every result carries."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval `low` to `high` with coverage `level` (0.95 = 95 %)."""

    low: float
    high: float
    level: float

    def excludes(self, value: float) -> bool:
        return value < self.low or value > self.high

    def inside(self, low: float, high: float) -> bool:
        return low < self.low and self.high < high


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its interval; `method` names an entry of `analysis.methods.METHODS`.

    `interval`, `standard_error` and `p_value` are None where the method gives none or the data do not allow one; the
    reason then stands in `warnings`. `df` is None for a normal or exact reference distribution. `n` counts reads (or cases
    or pairs, as the method says); what the method assumes stands in its entry.
    """

    value: float | None
    interval: Interval | None
    method: str
    n: int
    standard_error: float | None = None
    df: float | None = None
    p_value: float | None = None
    warnings: tuple[str, ...] = ()
    n_readers: int | None = None
    n_cases: int | None = None


def missing(method: str, n: int, reason: str) -> Estimate:
    """An estimate that the data do not allow, with the reason."""
    return Estimate(None, None, method, n, warnings=(reason,))
