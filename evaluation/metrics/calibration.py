"""Recalibration of a classifier's output by Platt's logistic map.

torchxrayvision's published weights give outputs that were moved so that each class's operating point is 0.5 (`op_norm`): they
rank images, but they are no probabilities. A logistic map fitted on the reference's labels makes them probabilities for real
images; whether they still are ones for synthetic images is then a question that has an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from evaluation.metrics.result import FloatArray, IntArray

# Positives, and negatives, that the reference needs for the map.
ENOUGH = 20
RAW = "raw outputs, which need not be probabilities (the reference has too few labelled images to recalibrate)"
_EDGE = 1e-6


@dataclass(frozen=True)
class Platt:
    """sigmoid(slope * logit(output) + intercept)."""

    slope: float
    intercept: float

    def apply(self, scores: FloatArray) -> FloatArray:
        return np.asarray(special.expit(self.slope * _logit(scores) + self.intercept))


def _logit(scores: FloatArray) -> FloatArray:
    return np.asarray(special.logit(np.clip(scores, _EDGE, 1 - _EDGE)))


def fit_platt(scores: FloatArray, truth: IntArray, weights: FloatArray) -> Platt:
    """Weighted logistic regression of the label on the output's logit, with Platt's softened targets.

    scores: (n,) in [0, 1]; truth: (n,) 0 or 1, both present; weights: (n,) >= 0, of which only the ratios count.
    Source: Platt, Advances in Large Margin Classifiers 61 (1999); targets as there, so that separable data stay finite.
    """
    positives, negatives = int((truth == 1).sum()), int((truth == 0).sum())
    target = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    share = weights / weights.sum()
    logits = _logit(scores)
    centre, scale = float(share @ logits), float(max(logits.std(), 1e-9))
    x = (logits - centre) / scale

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        z = parameters[0] * x + parameters[1]
        residual = share * (special.expit(z) - target)
        value = float(share @ (np.logaddexp(0, z) - target * z))
        return value, np.array([residual @ x, residual.sum()])

    start = np.array([0.0, float(special.logit(share @ target))])
    slope, intercept = optimize.minimize(loss, start, jac=True, method="BFGS").x
    return Platt(float(slope / scale), float(intercept - slope * centre / scale))
