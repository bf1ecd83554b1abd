"""Across checkpoints: does a metric put them in the order in which readers do?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.concordance.exact import exact_spearman
from reader_study.analysis.findings.multiplicity import adjust
from reader_study.analysis.types import Estimate

FEWEST = 4


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One generator: what its metrics say, and what readers said of its pictures."""

    name: str
    metrics: Mapping[str, float]
    readers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A metric's rank correlation with what readers said, over checkpoints. p_adjusted: of rho, over all predictions."""

    metric: str
    asked: str
    rho: Estimate
    p_adjusted: float | None = None


@dataclass(frozen=True, slots=True)
class Across:
    """Every metric beside every endpoint, the strongest first. reason: why there is nothing to show."""

    checkpoints: tuple[Checkpoint, ...]
    predictions: tuple[Prediction, ...]
    reason: str = ""


def across_checkpoints(checkpoints: Sequence[Checkpoint], *, alpha: float = 0.05) -> Across:
    """Which automatic metric predicts the readers: Spearman's rho over checkpoints with its exact p.

    A metric counts where at least `FEWEST` checkpoints have it. Never raises for what the data lack.
    """
    known = tuple(checkpoints)
    if len(known) < FEWEST:
        have = "1 checkpoint has" if len(known) == 1 else f"{len(known)} checkpoints have"
        reason = f"{have} both a score card and a study; a rank correlation needs {FEWEST}."
        return Across(known, (), reason)
    metrics = sorted({name for one in known for name in one.metrics})
    asked = sorted({name for one in known for name in one.readers})
    found = [_prediction(known, metric, endpoint, alpha) for metric in metrics for endpoint in asked]
    kept = [one for one in found if one.rho.value is not None]
    p_values = adjust([one.rho.p_value for one in kept], family="concordance")
    judged = [replace(one, p_adjusted=p) for one, p in zip(kept, p_values, strict=True)]
    return Across(known, tuple(sorted(judged, key=lambda one: -abs(one.rho.value or 0.0))))


def _prediction(known: Sequence[Checkpoint], metric: str, endpoint: str, alpha: float) -> Prediction:
    x = np.array([one.metrics.get(metric, np.nan) for one in known], dtype=np.float64)
    y = np.array([one.readers.get(endpoint, np.nan) for one in known], dtype=np.float64)
    return Prediction(metric, endpoint, exact_spearman(x, y, fewest=FEWEST, alpha=alpha))
