"""Area under the ROC curve with DeLong's variance, for independent and for clustered images.

DeLong, DeLong & Clarke-Pearson, Biometrics 44:837 (1988); clusters: Obuchowski, Biometrics 53:567 (1997).
The interval is symmetric on the logit scale, so that it stays inside [0, 1].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.resampling import Groups, group_codes, wilson_interval
from evaluation.metrics.result import Estimate, FloatArray, IntArray, TooFewImages

METHOD = "DeLong, clusters as in Obuchowski, logit interval"
CURVE_POINTS = 100


def auroc(scores: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Probability that a positive image scores above a negative one; ties count half."""
    positive, negative = delong_components(np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.intp))
    return float(positive.mean()) if len(positive) and len(negative) else float("nan")


def delong_components(scores: FloatArray, truth: IntArray) -> tuple[FloatArray, FloatArray]:
    """DeLong's structural components: (p,) of positives and (q,) of negatives, by midranks."""
    positive, negative = scores[truth == 1], scores[truth == 0]
    if not len(positive) or not len(negative):
        return np.empty(0), np.empty(0)
    ranks = scipy.stats.rankdata(np.concatenate([positive, negative]))
    own = scipy.stats.rankdata(positive), scipy.stats.rankdata(negative)
    v10 = (ranks[: len(positive)] - own[0]) / len(negative)
    v01 = 1 - (ranks[len(positive) :] - own[1]) / len(positive)
    return v10, v01


def win_counts(scores: FloatArray, truth: IntArray, blocks: IntArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Pairs that the positive wins (ties half) and all pairs, (count + 1,) each: of all rows, then without block 0, 1, ...

    scores, truth (0 or 1) and blocks (0..count-1): (n,). Two sorts in all, whatever the number of blocks.
    """
    v10, v01 = delong_components(scores, truth)
    positive, negative = blocks[truth == 1], blocks[truth == 0]
    p, q = np.bincount(positive, minlength=count), np.bincount(negative, minlength=count)
    if not len(v10):
        return np.zeros(count + 1), np.zeros(count + 1)
    wins = float(v10.sum()) * len(negative)
    lost = np.bincount(positive, v10 * len(negative), count) + np.bincount(negative, v01 * len(positive), count)
    # Pairs with both ends in the block were taken off twice. Ranking block by block is one ranking of (block, score).
    key = blocks * (len(scores) + 1.0) + scipy.stats.rankdata(scores)
    own = scipy.stats.rankdata(key)[truth == 1] - (np.cumsum(p + q) - (p + q))[positive]
    among = scipy.stats.rankdata(key[truth == 1]) - (np.cumsum(p) - p)[positive]
    left = wins - lost + np.bincount(positive, own - among, count)
    pairs = (p.sum() - p) * (q.sum() - q)
    return np.append(wins, left), np.append(p.sum() * q.sum(), pairs).astype(np.float64)


def auroc_without_blocks(scores: FloatArray, truth: IntArray, blocks: IntArray, count: int) -> FloatArray:
    """(count + 1,) AUROC of all rows, then without block 0, 1, ...; NaN where a class is gone."""
    wins, pairs = win_counts(scores, truth, blocks, count)
    return np.asarray(np.divide(wins, pairs, out=np.full(count + 1, np.nan), where=pairs > 0))


def two_class_variance(v10: FloatArray, v01: FloatArray, truth: IntArray, groups: Groups) -> tuple[float, float]:
    """(variance, degrees of freedom) of mean(v10) + mean(v01), images clustered in groups.

    v10: (p,) influence of each positive, v01: (q,) of each negative, both with mean 0; truth and groups: (p + q,).
    Source: Obuchowski 1997; degrees of freedom after Welch-Satterthwaite. Raises TooFewImages below two groups of a class.
    """
    codes = group_codes(groups)
    count = int(codes.max()) + 1
    positive, negative = codes[truth == 1], codes[truth == 0]
    sum10 = np.bincount(positive, weights=v10, minlength=count)
    sum01 = np.bincount(negative, weights=v01, minlength=count)
    with10, with01 = len(np.unique(positive)), len(np.unique(negative))
    if min(with10, with01) < 2:
        raise TooFewImages("Needs positives and negatives from at least two groups (prompts or patients) each.")
    p, q = len(v10), len(v01)
    part10 = with10 / (with10 - 1) * float(np.sum(sum10**2)) / p**2
    part01 = with01 / (with01 - 1) * float(np.sum(sum01**2)) / q**2
    both = 2 * count / max(count - 1, 1) * float(np.sum(sum10 * sum01)) / (p * q)
    spread = part10**2 / (with10 - 1) + part01**2 / (with01 - 1)
    df = (part10 + part01) ** 2 / spread if spread > 0 else float(min(with10, with01) - 1)
    return max(part10 + part01 + both, 0.0), df


def delong_variance(scores: npt.ArrayLike, truth: npt.ArrayLike, groups: Groups) -> tuple[float, float, float]:
    """(AUROC, variance, degrees of freedom) with images clustered in groups; one image a group is DeLong's own."""
    score, label = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    v10, v01 = delong_components(score, label)
    area = float(v10.mean()) if len(v10) else float("nan")
    variance, df = two_class_variance(v10 - area, v01 - area, label, groups)
    return area, variance, df


def logit_interval(value: float, se: float, df: float, units: int, confidence: float) -> tuple[float, float]:
    """Interval of a number in [0, 1], symmetric on the logit scale; at 0 or 1 exactly, or without error, Wilson over ``units``."""
    if se <= 0 or not 0 < value < 1:
        return wilson_interval(min(max(value, 0.0), 1.0), units, confidence)
    centre = np.log(value / (1 - value))
    half = float(scipy.stats.t.ppf(0.5 + confidence / 2, df)) * se / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-edge))) for edge in (centre - half, centre + half))
    return min(low, value), max(high, value)  # rounding must not push the value out of a narrow interval


def rarer_class_groups(truth: IntArray, groups: Groups) -> int:
    """Groups of the class that comes from fewer of them."""
    codes = group_codes(groups)
    return min(len(np.unique(codes[truth == value])) for value in (0, 1))


def estimate_auroc(scores: npt.ArrayLike, truth: npt.ArrayLike, groups: Groups, confidence: float) -> Estimate:
    """AUROC with its interval; at 0 or 1 exactly, a Wilson interval over the rarer class's groups."""
    label = np.asarray(truth, dtype=np.intp)
    area, variance, df = delong_variance(scores, label, groups)
    low, high = logit_interval(area, float(np.sqrt(variance)), df, rarer_class_groups(label, groups), confidence)
    extra = {"se": float(np.sqrt(variance)), "positives": int((label == 1).sum()), "negatives": int((label == 0).sum())}
    return Estimate(area, low, high, len(label), METHOD, extra)


def roc_curve(scores: FloatArray, truth: IntArray) -> dict[str, list[float]]:
    """At most CURVE_POINTS points of the empirical curve from (0, 0) to (1, 1): {"fpr": [...], "tpr": [...]}."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = truth[order] == 1
    tpr = np.append(0.0, np.cumsum(hits)[ends] / max(hits.sum(), 1))
    fpr = np.append(0.0, np.cumsum(~hits)[ends] / max((~hits).sum(), 1))
    # Points on a straight stretch say nothing; of the corners, those spread evenly along the curve are kept.
    bend = np.ones(len(tpr), dtype=np.bool_)
    bend[1:-1] = np.abs(np.diff(tpr)[1:] * np.diff(fpr)[:-1] - np.diff(tpr)[:-1] * np.diff(fpr)[1:]) > 0
    corners = np.flatnonzero(bend)
    along = tpr[corners] + fpr[corners]
    spread = np.searchsorted(along, np.linspace(0, 2, min(CURVE_POINTS, len(corners)))).clip(0, len(corners) - 1)
    kept = corners[np.unique(np.append(spread, [0, len(corners) - 1]))]
    return {"fpr": np.round(fpr[kept], 5).tolist(), "tpr": np.round(tpr[kept], 5).tolist()}
