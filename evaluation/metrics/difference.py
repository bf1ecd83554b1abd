"""The same number on synthetic and on real images: how far apart, and how sure.

The two are independent samples, so their errors add in squares: interval by the method of variance estimates recovery
(MOVER; Zou & Donner, Statistics in Medicine 27:1693, 2008), which needs the two intervals alone and keeps their skewness.
"""

from __future__ import annotations

import numpy as np
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.result import Direction, Estimate, MetricResult, Settings, scored


def difference(own: Estimate, real: Estimate, confidence: float) -> dict[str, float]:
    """value, low, high of own - real, and the two-sided p that agrees with this interval (p < 1 - confidence where it leaves out 0).

    p reads the interval's half-width toward 0 as the normal quantile times a standard error.
    """
    value = own.value - real.value
    down = float(np.hypot(own.value - own.low, real.high - real.value))
    up = float(np.hypot(own.high - own.value, real.value - real.low))
    toward = down if value > 0 else up
    quantile = float(scipy.stats.norm.ppf(0.5 + confidence / 2))
    p = 2 * float(scipy.stats.norm.sf(abs(value) / toward * quantile)) if toward > 0 else float(value == 0)
    return {"value": value, "low": value - down, "high": value + up, "p": p}


def compared(
    metric: str,
    direction: Direction,
    own: Estimate,
    real: Estimate | None,
    settings: Settings,
    *,
    label: str,
    finding: str = "",
) -> MetricResult:
    """The score with its baseline, and their difference in ``extra["difference"]`` where there is a baseline."""
    extra = {} if real is None else {"difference": difference(own, real, settings.confidence)}
    return scored(metric, direction, own, finding=finding, baseline=real, baseline_label=label, extra=extra)
