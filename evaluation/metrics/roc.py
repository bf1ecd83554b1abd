"""Area under the ROC curve with DeLong's variance, for independent and for clustered images.

DeLong, DeLong & Clarke-Pearson, Biometrics 44:837 (1988); clusters: Obuchowski, Biometrics 53:567 (1997).
The interval is symmetric on the logit scale, so that it stays inside [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from evaluation.metrics.resampling import group_codes, wilson_interval
from evaluation.metrics.result import Estimate, FloatArray, IntArray, TooFewImages

METHOD = "DeLong, clusters as in Obuchowski, logit interval"


def auroc(scores: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Probability that a positive image scores above a negative one; ties count half."""
    positive, negative = _components(np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.intp))
    return float(positive.mean()) if len(positive) and len(negative) else float("nan")


def _components(scores: FloatArray, truth: IntArray) -> tuple[FloatArray, FloatArray]:
    """DeLong's structural components: (p,) of positives and (q,) of negatives, by midranks."""
    positive, negative = scores[truth == 1], scores[truth == 0]
    if not len(positive) or not len(negative):
        return np.empty(0), np.empty(0)
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    own = stats.rankdata(positive), stats.rankdata(negative)
    v10 = (ranks[: len(positive)] - own[0]) / len(negative)
    v01 = 1 - (ranks[len(positive) :] - own[1]) / len(positive)
    return v10, v01


def delong_variance(scores: npt.ArrayLike, truth: npt.ArrayLike, groups: Sequence[str]) -> tuple[float, float, float]:
    """(AUROC, variance, degrees of freedom) with images clustered in groups; one image a group is DeLong's own."""
    score, label = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    v10, v01 = _components(score, label)
    area = float(v10.mean())
    codes = group_codes(groups)
    count = int(codes.max()) + 1
    positive, negative = codes[label == 1], codes[label == 0]
    sum10 = np.bincount(positive, weights=v10 - area, minlength=count)
    sum01 = np.bincount(negative, weights=v01 - area, minlength=count)
    with10, with01 = len(np.unique(positive)), len(np.unique(negative))
    if min(with10, with01) < 2:
        raise TooFewImages("AUROC needs positives and negatives from at least two groups each.")
    p, q = len(v10), len(v01)
    part10 = with10 / (with10 - 1) * float(np.sum(sum10**2)) / p**2
    part01 = with01 / (with01 - 1) * float(np.sum(sum01**2)) / q**2
    both = 2 * count / max(count - 1, 1) * float(np.sum(sum10 * sum01)) / (p * q)
    spread = part10**2 / (with10 - 1) + part01**2 / (with01 - 1)
    df = (part10 + part01) ** 2 / spread if spread > 0 else float(min(with10, with01) - 1)
    return area, max(part10 + part01 + both, 0.0), df


def estimate_auroc(scores: npt.ArrayLike, truth: npt.ArrayLike, groups: Sequence[str], confidence: float) -> Estimate:
    """AUROC with its interval; at 0 or 1 exactly, a Wilson interval over the rarer class's groups."""
    label = np.asarray(truth, dtype=np.intp)
    area, variance, df = delong_variance(scores, label, groups)
    if variance <= 0 or area in (0.0, 1.0):
        named = np.asarray(groups, dtype=object)
        units = min(len(set(named[label == value])) for value in (0, 1))
        low, high = wilson_interval(area, units, confidence)
    else:
        centre = np.log(area / (1 - area))
        half = float(stats.t.ppf(0.5 + confidence / 2, df)) * np.sqrt(variance) / (area * (1 - area))
        low, high = (float(1 / (1 + np.exp(-edge))) for edge in (centre - half, centre + half))
    extra = {"se": float(np.sqrt(variance)), "positives": int((label == 1).sum()), "negatives": int((label == 0).sum())}
    return Estimate(area, low, high, len(label), METHOD, extra)
