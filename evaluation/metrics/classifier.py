"""Does a classifier see in the synthetic images the findings that were asked for, as it does in real ones?

Per requested finding: AUROC, average precision, rates at an operating point, and calibration, beside the same on the reference
with the reference's own labels, and the difference. Images of which nothing is said are left out; an image said to show other
findings, or none, is a negative. A row without a finding is the mean over findings.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.metrics.difference import compared
from evaluation.metrics.findings import requested
from evaluation.metrics.judging import Judged, judge_pair
from evaluation.metrics.metric import CLASSIFIER, Metric
from evaluation.metrics.precision_recall import average_precision_without_blocks, estimate_average_precision
from evaluation.metrics.rates import brier_without_blocks, estimate_rates, rates_without_blocks
from evaluation.metrics.reliability import estimate_brier, estimate_ece
from evaluation.metrics.resampling import MINIMUM_GROUPS, jackknife, pool
from evaluation.metrics.result import (
    Comparison,
    Direction,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Settings,
    TooFewImages,
)
from evaluation.metrics.roc import auroc_without_blocks, estimate_auroc, logit_interval, roc_curve

DIRECTIONS: dict[str, Direction] = {
    "auroc": "higher",
    "auprc": "higher",
    "balanced_accuracy": "higher",
    "accuracy": "higher",
    "sensitivity": "higher",
    "specificity": "higher",
    "ece": "lower",
    "brier": "lower",
}
MEAN_METHOD = "mean over findings; delete-a-group jackknife, logit interval"
BASELINE_LABEL = "same classifier on real images"


def classifier_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Every number for every requested finding, and their means over findings (all but the calibration error's)."""
    synthetic, settings = comparison.synthetic, comparison.settings
    findings = requested(synthetic, synthetic.classes)
    if not findings:
        raise MetricError(
            "None of the findings that were asked for is a class of this classifier, or the set says nothing of findings."
        )
    own, real = judge_pair(comparison, findings)
    results = [result for finding in findings for result in _finding(own[finding], real.get(finding), settings)]
    return (*_means(comparison, own, real), *results)


def estimate_finding(view: Judged, settings: Settings) -> dict[str, Estimate]:
    """All numbers of one class by name; the calibration error is missing where there are too few images for it.

    Raises TooFewImages below 10 positives or 10 negatives, or with fewer than two groups of either.
    """
    view.require()
    area = estimate_auroc(view.scores, view.truth, view.groups, settings.confidence)
    estimates = {
        "auroc": replace(area, extra={**area.extra, "roc": roc_curve(view.scores, view.truth)}),
        "auprc": estimate_average_precision(view.scores, view.truth, view.groups, view.prevalence, settings.confidence),
        **estimate_rates(view, settings),
        "brier": estimate_brier(view, settings),
    }
    try:
        return {**estimates, "ece": estimate_ece(view, settings)}
    except TooFewImages:
        return estimates


def _finding(view: Judged, reference: Judged | None, settings: Settings) -> list[MetricResult]:
    try:
        own = estimate_finding(view, settings)
    except TooFewImages as error:
        return [_refused(name, view, str(error)) for name in DIRECTIONS]
    real = estimate_finding(reference, settings) if reference is not None else {}
    results = []
    for name, direction in DIRECTIONS.items():
        if name in own:
            results.append(
                compared(
                    name, direction, own[name], real.get(name), settings, label=BASELINE_LABEL, finding=view.finding
                )
            )
        else:
            results.append(_refused(name, view, "Calibration needs at least 40 labelled images."))
    return results


def _refused(name: str, view: Judged, reason: str) -> MetricResult:
    return MetricResult(name, DIRECTIONS[name], len(view.truth), method="", finding=view.finding, refused=reason)


def _means(comparison: Comparison, own: dict[str, Judged], real: dict[str, Judged]) -> list[MetricResult]:
    """Means over the findings that have enough images; beside those of the reference only where it has the same findings."""
    settings = comparison.settings
    findings = [finding for finding, view in own.items() if view.enough]
    if not findings or comparison.synthetic.n_groups < MINIMUM_GROUPS:
        return []
    values = mean_estimates([own[f] for f in findings], comparison.synthetic.n, settings)
    whole = all(f in real for f in findings) and comparison.reference.n_groups >= MINIMUM_GROUPS
    yardstick = mean_estimates([real[f] for f in findings], comparison.reference.n, settings) if whole else {}
    return [
        compared(name, DIRECTIONS[name], value, yardstick.get(name), settings, label=BASELINE_LABEL)
        for name, value in values.items()
    ]


def mean_estimates(views: list[Judged], n: int, settings: Settings) -> dict[str, Estimate]:
    """Means over findings by name, with intervals from the replicates without one block of groups each.

    A replicate that loses the last positive of a finding is a mean over the others.
    """
    count = 1 + max(int(view.blocks.max()) for view in views)
    sizes = np.maximum(sum(np.bincount(view.blocks, minlength=count) for view in views), 1)
    tables = [replicates(view, count) for view in views]
    findings = [view.finding for view in views]
    return {
        name: _mean(np.nanmean([table[name] for table in tables], axis=0), sizes, n, findings, settings)
        for name in tables[0]
    }


def replicates(view: Judged, count: int) -> dict[str, FloatArray]:
    """(count + 1,) by name: the statistic of all rows, then without block 0, 1, ..."""
    area = auroc_without_blocks(view.scores, view.truth, view.blocks, count)
    precision = average_precision_without_blocks(view.scores, view.truth, view.blocks, count, view.prevalence)
    rates = rates_without_blocks(view, count)
    return {"auroc": area, "auprc": precision, **rates, "brier": brier_without_blocks(view, count)}


def _mean(means: FloatArray, sizes: IntArray, n: int, findings: list[str], settings: Settings) -> Estimate:
    value, left_out = float(means[0]), means[1:]
    _, se, df = pool([jackknife(value, left_out, sizes)])
    low, high = logit_interval(value, se, df, len(sizes), settings.confidence)
    return Estimate(value, low, high, n, MEAN_METHOD, {"se": se, "findings": findings})


def _entry(name: str, title: str, reference: str) -> Metric:
    return Metric(name, title, "clinical", DIRECTIONS[name], CLASSIFIER, 20, reference, classifier_family)


ENTRIES = (
    _entry("auroc", "Classifier AUROC", "DeLong et al. 1988; Obuchowski 1997"),
    _entry("auprc", "Classifier average precision", "Boyd et al. 2013; influence function"),
    _entry("balanced_accuracy", "Classifier balanced accuracy", "Newcombe 1998 (interval)"),
    _entry("accuracy", "Classifier accuracy", "Newcombe 1998 (interval)"),
    _entry("sensitivity", "Classifier sensitivity", "Wilson 1927 (interval)"),
    _entry("specificity", "Classifier specificity", "Wilson 1927 (interval)"),
    _entry("ece", "Calibration error", "Naeini et al. 2015; Roelofs et al. 2022"),
    _entry("brier", "Brier score", "Brier 1950"),
)
