"""Does a classifier see in the synthetic images the findings that were asked for, as it does in real ones?

Per requested finding: AUROC, sensitivity, specificity and balanced accuracy at the classifier's operating point, beside
the same on the reference with the reference's own labels. Images of which nothing is said are left out; an image said to
show other findings, or none, is a negative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evaluation.metrics.findings import NEGATIVE, POSITIVE, UNKNOWN, labels, requested
from evaluation.metrics.metric import CLASSIFIER, Metric
from evaluation.metrics.resampling import (
    MINIMUM_GROUPS,
    assign_blocks,
    clustered_proportion,
    jackknife,
    pool,
    t_interval,
)
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
    scored,
)
from evaluation.metrics.roc import auroc, estimate_auroc

PER_CLASS = 10
NAMES = ("auroc", "balanced_accuracy", "sensitivity", "specificity")
RATE_METHOD = "Wilson with cluster-robust effective n"
BALANCED_METHOD = "sum of two Wilson intervals (Newcombe), cluster-robust effective n"
MACRO_METHOD = "mean over findings; delete-a-group jackknife, t interval"
BASELINE_LABEL = "same classifier on real images"


def classifier_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """All four numbers for every requested finding, and the means over findings of AUROC and balanced accuracy."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    findings = requested(synthetic, synthetic.classes)
    if not findings:
        raise MetricError(
            "None of the findings that were asked for is a class of this classifier, or the set says nothing of findings."
        )
    results: list[MetricResult] = []
    scored: list[str] = []
    for finding in findings:
        try:
            own = estimate_finding(synthetic, finding, settings)
        except TooFewImages as error:
            results += [_refused(name, finding, synthetic, str(error)) for name in NAMES]
            continue
        scored.append(finding)
        real = _baseline(reference, finding, settings)
        results += [_result(name, own[name], real.get(name), finding) for name in NAMES]
    return tuple(_macro(synthetic, reference, tuple(scored), settings) + results)


def estimate_finding(sample: Sample, finding: str, settings: Settings) -> dict[str, Estimate]:
    """AUROC, balanced accuracy, sensitivity and specificity of one class, by name.

    Raises TooFewImages below 10 positives or 10 negatives, or with fewer than two groups of either.
    """
    truth, scores, threshold = _truth_and_scores(sample, finding)
    known = np.flatnonzero(truth != UNKNOWN)
    truth, scores = truth[known], scores[known]
    groups = [sample.groups[i] for i in known]
    positives, negatives = int((truth == POSITIVE).sum()), int((truth == NEGATIVE).sum())
    if min(positives, negatives) < PER_CLASS:
        raise TooFewImages(
            f"Needs at least {PER_CLASS} images with and {PER_CLASS} without the finding; "
            f"there are {positives} and {negatives}."
        )
    area = estimate_auroc(scores, truth, groups, settings.confidence)
    rates = {}
    for name, value in (("sensitivity", POSITIVE), ("specificity", NEGATIVE)):
        rows = np.flatnonzero(truth == value)
        hits = (scores[rows] >= threshold) == (value == POSITIVE)
        p, low, high = clustered_proportion(hits, [groups[i] for i in rows], settings.confidence)
        rates[name] = Estimate(p, low, high, len(rows), RATE_METHOD, {"threshold": threshold})
    balanced = _balanced(rates["sensitivity"], rates["specificity"], threshold)
    return {"auroc": area, "balanced_accuracy": balanced, **rates}


def _truth_and_scores(sample: Sample, finding: str) -> tuple[IntArray, FloatArray, float]:
    if sample.probabilities is None:
        raise MetricError("This extractor has no classifier.")
    column = sample.classes.index(finding)
    threshold = sample.thresholds[column] if sample.thresholds else 0.5
    return labels(sample, finding), sample.probabilities[:, column], threshold


def _balanced(sensitivity: Estimate, specificity: Estimate, threshold: float) -> Estimate:
    """Mean of two independent proportions; interval by MOVER (Newcombe, Statistics in Medicine 17:873, 1998)."""
    value = (sensitivity.value + specificity.value) / 2
    down = np.hypot(sensitivity.value - sensitivity.low, specificity.value - specificity.low) / 2
    up = np.hypot(sensitivity.high - sensitivity.value, specificity.high - specificity.value) / 2
    n = sensitivity.n + specificity.n
    return Estimate(value, float(value - down), float(value + up), n, BALANCED_METHOD, {"threshold": threshold})


def _baseline(reference: Sample, finding: str, settings: Settings) -> dict[str, Estimate]:
    """The same on the reference; empty where its labels do not allow it."""
    if not reference.findings or finding not in reference.classes:
        return {}
    try:
        return estimate_finding(reference, finding, settings)
    except TooFewImages:
        return {}


def _macro(synthetic: Sample, reference: Sample, findings: tuple[str, ...], settings: Settings) -> list[MetricResult]:
    if not findings or synthetic.n_groups < MINIMUM_GROUPS:
        return []
    shared = tuple(f for f in findings if _baseline(reference, f, settings))
    results = []
    for name, statistic in (("auroc", _mean_auroc), ("balanced_accuracy", _mean_balanced)):
        own = _macro_estimate(synthetic, findings, statistic, settings)
        whole = shared == findings and reference.n_groups >= MINIMUM_GROUPS
        real = _macro_estimate(reference, findings, statistic, settings) if whole else None
        results.append(_result(name, own, real, ""))
    return results


Statistic = Callable[[IntArray, FloatArray, float], float]


def _mean_auroc(truth: IntArray, scores: FloatArray, threshold: float) -> float:
    return auroc(scores, truth)


def _mean_balanced(truth: IntArray, scores: FloatArray, threshold: float) -> float:
    calls = scores >= threshold
    rates = [(calls[truth == v] == (v == POSITIVE)).mean() for v in (POSITIVE, NEGATIVE) if (truth == v).any()]
    return float(np.mean(rates)) if len(rates) == 2 else float("nan")


def _macro_estimate(sample: Sample, findings: tuple[str, ...], statistic: Statistic, settings: Settings) -> Estimate:
    columns = [_truth_and_scores(sample, finding) for finding in findings]
    blocks = assign_blocks(sample.groups, settings.blocks, settings.seed)

    def mean(keep: npt.NDArray[np.bool_]) -> float:
        return float(np.nanmean([statistic(truth[keep], scores[keep], cut) for truth, scores, cut in columns]))

    value = mean(np.ones(sample.n, dtype=np.bool_))
    replicates = [mean(blocks != block) for block in range(int(blocks.max()) + 1)]
    _, se, df = pool([jackknife(value, replicates, np.bincount(blocks))])
    low, high = t_interval(value, se, df, settings.confidence)
    extra = {"se": se, "findings": list(findings)}
    return Estimate(value, max(low, 0.0), min(high, 1.0), sample.n, MACRO_METHOD, extra)


def _result(name: str, own: Estimate, real: Estimate | None, finding: str) -> MetricResult:
    return scored(name, "higher", own, finding=finding, baseline=real, baseline_label=BASELINE_LABEL)


def _refused(name: str, finding: str, sample: Sample, reason: str) -> MetricResult:
    return MetricResult(metric=name, direction="higher", n=sample.n, method="", finding=finding, refused=reason)


ENTRIES = (
    Metric("auroc", "Classifier AUROC", "clinical", "higher", CLASSIFIER, 20,
           "DeLong et al. 1988; Obuchowski 1997", classifier_family),
    Metric("balanced_accuracy", "Classifier balanced accuracy", "clinical", "higher", CLASSIFIER, 20,
           "Newcombe 1998 (interval)", classifier_family),
    Metric("sensitivity", "Classifier sensitivity", "clinical", "higher", CLASSIFIER, 20,
           "Wilson 1927 (interval)", classifier_family),
    Metric("specificity", "Classifier specificity", "clinical", "higher", CLASSIFIER, 20,
           "Wilson 1927 (interval)", classifier_family),
)  # fmt: skip
