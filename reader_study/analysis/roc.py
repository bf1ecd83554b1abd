"""Empirical ROC curves and their mean over readers."""

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.types import Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from (0, 0) to (1, 1): false positive rate (real called synthetic) and true positive rate."""

    label: str
    false_positive: Floats
    true_positive: Floats


def roc(positives: Floats, negatives: Floats, label: str = "") -> Curve:
    """Empirical ROC of ratings, one point a distinct rating (Swets and Pickett 1982)."""
    if not positives.size or not negatives.size:
        raise NotEstimable("A ROC curve needs both real and synthetic cases.")
    cuts = np.unique(np.concatenate([positives, negatives]))[::-1]
    above = np.searchsorted(np.sort(positives), cuts, "left"), np.searchsorted(np.sort(negatives), cuts, "left")
    true_positive = np.concatenate([[0.0], 1 - above[0] / positives.size])
    false_positive = np.concatenate([[0.0], 1 - above[1] / negatives.size])
    return Curve(label, false_positive, true_positive)


def mean_roc(curves: list[Curve], points: int = 101) -> Curve:
    """Vertical average of `curves`: its area is the mean of their areas, up to the grid of `points`."""
    at = np.linspace(0.0, 1.0, points)
    heights = np.mean([_height(curve, at) for curve in curves], axis=0)
    return Curve("mean", np.concatenate([[0.0], at]), np.concatenate([[0.0], heights]))


def _height(curve: Curve, at: Floats) -> Floats:
    # At a vertical stretch np.interp takes the last of the equal abscissae: its upper end.
    return np.asarray(np.interp(at, curve.false_positive, curve.true_positive))
