"""Area under the precision-recall curve (average precision), at a prevalence that is given, with its interval.

Precision depends on the share of positives: the same classifier on the same images has another area in a set with more of
them. So the positives and the negatives are weighted to one prevalence, and two sets can be compared.
"""

from __future__ import annotations

import numpy as np

from evaluation.metrics.resampling import Groups
from evaluation.metrics.result import BoolArray, Estimate, FloatArray, IntArray
from evaluation.metrics.roc import logit_interval, rarer_class_groups, two_class_variance

METHOD = "average precision; influence function, cluster-robust, logit interval"


def average_precision(scores: FloatArray, truth: IntArray, prevalence: float) -> float:
    """Mean over the positives of the precision at their own score (ties together); NaN without both classes."""
    return float(average_precision_without_blocks(scores, truth, np.zeros(len(truth), dtype=np.intp), 0, prevalence)[0])


def average_precision_without_blocks(
    scores: FloatArray, truth: IntArray, blocks: IntArray, count: int, prevalence: float
) -> FloatArray:
    """(count + 1,) average precision of all rows, then without block 0, 1, ...; the scores are sorted once."""
    order = np.argsort(-scores, kind="stable")
    hits, block = truth[order] == 1, blocks[order]
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    left_out = [np.zeros(len(order), dtype=np.bool_), *(block == number for number in range(count))]
    return np.array([_area(hits & ~gone, ~hits & ~gone, ends, prevalence) for gone in left_out])


def _area(hits: BoolArray, misses: BoolArray, ends: IntArray, prevalence: float) -> float:
    true, false = np.cumsum(hits)[ends], np.cumsum(misses)[ends]
    if not true[-1] or not false[-1]:
        return float("nan")
    recall, fall_out = true / true[-1], false / false[-1]
    called = prevalence * recall + (1 - prevalence) * fall_out
    precision = np.divide(prevalence * recall, called, out=np.zeros(len(ends)), where=called > 0)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def influence(scores: FloatArray, truth: IntArray, prevalence: float) -> tuple[float, FloatArray, FloatArray]:
    """(average precision, influence of the positives (p,), of the negatives (q,)): its derivative by each image's weight.

    With T and F the shares of positives and negatives at or above a positive's score, precision is
    pi T / (pi T + (1 - pi) F); an image moves the mean of these through its own term and through T or F of all below it.
    """
    order = np.argsort(-scores, kind="stable")
    hits = truth[order] == 1
    sorted_scores = scores[order]
    end = np.searchsorted(-sorted_scores, -sorted_scores, side="right") - 1
    start = np.searchsorted(-sorted_scores, -sorted_scores, side="left")
    p, q = hits.sum(), (~hits).sum()
    above, false = np.cumsum(hits)[end] / p, np.cumsum(~hits)[end] / q
    called = prevalence * above + (1 - prevalence) * false
    precision = prevalence * above / called
    slope = prevalence * (1 - prevalence) / called**2 / p * hits
    by_true, by_false = (np.append(np.cumsum(x[::-1])[::-1], 0)[start] for x in (slope * false, -slope * above))
    area = float(precision[hits].mean())
    v10, v01 = np.zeros(len(scores)), np.zeros(len(scores))
    v10[order], v01[order] = precision + by_true, by_false
    v10, v01 = v10[truth == 1], v01[truth == 0]
    return area, v10 - v10.mean(), v01 - v01.mean()


def estimate_average_precision(
    scores: FloatArray, truth: IntArray, groups: Groups, prevalence: float, confidence: float
) -> Estimate:
    """Average precision at this prevalence with its interval. Raises TooFewImages below two groups of a class."""
    area, v10, v01 = influence(scores, truth, prevalence)
    variance, df = two_class_variance(v10, v01, truth, groups)
    se = float(np.sqrt(variance))
    low, high = logit_interval(area, se, df, rarer_class_groups(truth, groups), confidence)
    extra = {"se": se, "prevalence": prevalence, "own_prevalence": float(truth.mean())}
    return Estimate(area, low, high, len(truth), METHOD, extra)
