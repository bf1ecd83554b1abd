"""What is decided about an analysis before the first read."""

from __future__ import annotations

from dataclasses import dataclass

RATING_LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
REALISM_LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """null: the value of chance. margin: half-width of equivalence about it. alpha: 1 - level of every interval.

    rating_levels, realism_levels: the scales, () for a scale without levels. covariance: delong, jackknife, unbiased, or
    None: the design chooses. inference: RRRC (readers and cases random), FRRC or RRFC. method: "or" (Obuchowski-Rockette),
    "ustat" (U-statistic), or None: the design chooses. replicates, seed: of every bootstrap.
    """

    null: float = 0.5
    margin: float = 0.1
    alpha: float = 0.05
    rating_levels: tuple[float, ...] = RATING_LEVELS
    realism_levels: tuple[float, ...] = REALISM_LEVELS
    covariance: str | None = None
    inference: str = "RRRC"
    method: str | None = None
    replicates: int = 2000
    seed: int = 1
