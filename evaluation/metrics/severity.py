"""Does a prompt for a large effusion give a higher probability than one for a small effusion?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.metrics.difference import compared
from evaluation.metrics.findings import NEGATIVE, canonical, label_table
from evaluation.metrics.metric import Metric
from evaluation.metrics.prompts import summary
from evaluation.metrics.resampling import MINIMUM_GROUPS, group_codes
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
)
from evaluation.metrics.roc import logit_interval

IMAGES = 20
PER_GRADE = 5
METHOD = "share of pairs of unlike severity in the asked order, ties half; linearised, cluster-robust, logit interval"
BASELINE_LABEL = "real images, severity from their reports"


@dataclass(frozen=True)
class Graded:
    """Images asked to show a finding at a severity: the classifier's output, the grade, the group; (k,) each."""

    scores: FloatArray
    grades: FloatArray
    groups: IntArray

    @property
    def enough(self) -> bool:
        _, counts = np.unique(self.grades, return_counts=True)
        groups = len(np.unique(self.groups))
        return (
            len(self.scores) >= IMAGES
            and int(np.sum(counts >= PER_GRADE)) >= 2
            and groups >= MINIMUM_GROUPS + len(counts)
        )


def severity_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """`severity_order` over all pairs within findings, and finding by finding."""
    synthetic, settings = comparison.synthetic, comparison.settings
    if not any(synthetic.captions):
        raise MetricError("The synthetic images have no prompts.")
    own = graded_images(synthetic)
    if not own:
        raise MetricError(
            f"No finding is asked for at two severities (small, moderate, large ...) by at least {IMAGES} images, "
            f"{PER_GRADE} of each, from enough different prompts."
        )
    reference = comparison.reference
    real = graded_images(reference) if reference.probabilities is not None and any(reference.captions) else {}
    results: list[MetricResult] = []
    for findings in (tuple(own), *((finding,) for finding in own)):
        value = estimate_order([own[finding] for finding in findings], settings)
        known = all(finding in real for finding in findings)
        yardstick = estimate_order([real[finding] for finding in findings], settings) if known else None
        name = "" if findings == tuple(own) and not results else findings[0]
        results.append(
            compared("severity_order", "higher", value, yardstick, settings, label=BASELINE_LABEL, finding=name)
        )
    return tuple(results)


def graded_images(sample: Sample) -> dict[str, Graded]:
    """By class: the images whose captions give the finding a severity, where there are enough of them.

    An image that is labelled as not showing the finding is left out.
    """
    if sample.probabilities is None:
        raise MetricError("This extractor has no classifier.")
    classes = [name for name in sample.classes if name]
    number = {canonical(name): index for index, name in enumerate(classes)}
    table, codes = label_table(sample, classes), group_codes(sample.groups)
    rows: dict[int, list[tuple[int, float]]] = {}
    for row, caption in enumerate(sample.captions):
        for mention in summary(caption).values() if caption else ():
            index = number.get(canonical(mention.finding))
            if index is None or mention.status != "present" or mention.severity is None:
                continue
            if table[row, index] != NEGATIVE:
                rows.setdefault(index, []).append((row, mention.severity))
    found = {}
    for index in sorted(rows):
        at, grades = (np.array(part) for part in zip(*rows[index], strict=True))
        scores = sample.probabilities[at, sample.classes.index(classes[index])].astype(np.float64)
        graded = Graded(scores, grades.astype(np.float64), codes[at])
        if graded.enough:
            found[classes[index]] = graded
    return found


def estimate_order(parts: Sequence[Graded], settings: Settings) -> Estimate:
    """Concordance of the classifier's output with the asked severity, over all pairs within a finding.

    0.5 is chance, 1 a perfect order; Somers' D (Somers, American Sociological Review 27:799, 1962) is twice this, less 1.
    Variance: projection of the ratio of U-statistics on the images, summed by group, grades held fixed as the design has them.
    Raises TooFewImages below 5 groups more than there are grades.
    """
    wins, pairs = zip(*(pair_sums(part.scores, part.grades) for part in parts), strict=True)
    total = float(sum(p.sum() for p in pairs)) / 2
    value = float(sum(w.sum() for w in wins)) / 2 / total
    influence, groups, strata = [], [], 0
    for part, won, met in zip(parts, wins, pairs, strict=True):
        _, grade = np.unique(part.grades, return_inverse=True)
        own = won - value * met
        influence.append(own - (np.bincount(grade, own) / np.bincount(grade))[grade])
        groups.append(part.groups)
        strata += int(grade.max()) + 1
    codes = group_codes(np.concatenate(groups))
    units = int(codes.max()) + 1
    df = units - strata
    if df < MINIMUM_GROUPS:
        raise TooFewImages("Needs at least 5 prompts more than there are severities.")
    sums = np.bincount(codes, np.concatenate(influence))
    se = float(np.sqrt(np.sum(sums**2) * units / df)) / total
    low, high = logit_interval(value, se, df, units, settings.confidence)
    extra: dict[str, Any] = {"se": se, "somers_d": 2 * value - 1, "prompts": units}
    if len(parts) == 1:
        extra["severity"] = by_grade(parts[0])
    return Estimate(value, low, high, sum(len(part.scores) for part in parts), METHOD, extra)


def pair_sums(scores: FloatArray, grades: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(k,) for each image: pairs with images of another grade that are in the right order (ties half), and all such pairs."""
    wins, pairs = np.zeros(len(scores)), np.zeros(len(scores))
    for low, high in combinations(np.unique(grades), 2):
        below, above = np.flatnonzero(grades == low), np.flatnonzero(grades == high)
        ordered_below, ordered_above = np.sort(scores[below]), np.sort(scores[above])
        wins[above] += _less(ordered_below, scores[above])
        wins[below] += len(above) - _less(ordered_above, scores[below])
        pairs[above] += len(below)
        pairs[below] += len(above)
    return wins, pairs


def _less(ordered: FloatArray, values: FloatArray) -> FloatArray:
    """How many of the ordered are less than each value, equals half."""
    both = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(both / 2)


def by_grade(part: Graded) -> dict[str, list[float]]:
    """Mean output by grade, for a figure."""
    grades, code = np.unique(part.grades, return_inverse=True)
    means = np.bincount(code, part.scores) / np.bincount(code)
    return {"grade": grades.tolist(), "mean_score": np.round(means, 5).tolist(), "n": np.bincount(code).tolist()}


ENTRIES = (
    Metric("severity_order", "Severity in the asked order", "clinical", "higher", frozenset({"probabilities"}), 20,
           "Somers 1962", severity_family),
)  # fmt: skip
