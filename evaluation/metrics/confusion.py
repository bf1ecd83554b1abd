"""Is everything seen that was asked for, and nothing else? All requested findings of an image at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from evaluation.metrics.difference import compared
from evaluation.metrics.findings import UNKNOWN, label_table, requested
from evaluation.metrics.judging import Judged, judge_pair
from evaluation.metrics.metric import CLASSIFIER, Metric
from evaluation.metrics.resampling import MINIMUM_GROUPS, clustered_proportion, group_codes
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
)

METHOD = "share of images; Wilson with cluster-robust effective n"
BASELINE_LABEL = "same classifier on real images with their labels"
NOTHING = "No Finding"


def confusion_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """`exact_match` over the requested findings, with the table of asked against seen."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    findings = requested(synthetic, synthetic.classes)
    if not findings:
        raise MetricError("None of the findings that were asked for is a class of this classifier.")
    own, real = judge_pair(comparison, findings)
    value = estimate_exact_match(synthetic, own, settings)
    # Findings that the reference lacks cannot be missed there: it is a yardstick only where it has them all.
    yardstick = None
    if all(finding in real for finding in findings):
        try:
            yardstick = estimate_exact_match(reference, {f: real[f] for f in findings}, settings)
        except TooFewImages:
            yardstick = None
    return (compared("exact_match", "higher", value, yardstick, settings, label=BASELINE_LABEL),)


def estimate_exact_match(sample: Sample, views: dict[str, Judged], settings: Settings) -> Estimate:
    """Share of labelled images whose set of findings called present is exactly the set asked for.

    Raises TooFewImages below 10 labelled images or 5 groups.
    """
    asked, seen, groups = _tables(sample, views)
    if len(asked) < 10 or len(np.unique(groups)) < MINIMUM_GROUPS:
        raise TooFewImages(f"Needs at least 10 labelled images of {MINIMUM_GROUPS} prompts or patients.")
    p, low, high = clustered_proportion((asked == seen).all(axis=1), groups, settings.confidence)
    point = next(iter(views.values())).point
    extra = {"findings": list(views), "confusion": confusion(asked, seen, list(views)), "operating_point": point}
    return Estimate(p, low, high, len(asked), f"{METHOD}; {point}", extra)


def _tables(sample: Sample, views: dict[str, Judged]) -> tuple[IntArray, IntArray, IntArray]:
    """(k, f) asked and seen, 0 or 1, and (k,) groups of the images all of whose labels are known."""
    table = label_table(sample, list(views))
    rows = np.flatnonzero((table != UNKNOWN).all(axis=1))
    seen = np.zeros((sample.n, len(views)), dtype=np.intp)
    for column, view in enumerate(views.values()):
        seen[table[:, column] != UNKNOWN, column] = view.calls
    return table[rows], seen[rows], group_codes(sample.groups)[rows]


def confusion(asked: IntArray, seen: IntArray, findings: list[str]) -> dict[str, Any]:
    """asked, seen (k, f) 0 or 1: of the images asked to show a finding (rows; the last row: none of them), the share in which
    each finding was seen (columns; the last: none of them). An image counts in the row of each finding that it was asked to
    show, and a row may sum to more than 1. Rows without images hold None."""
    rows = np.column_stack([asked, asked.sum(axis=1) == 0]).astype(np.float64)
    columns = np.column_stack([seen, seen.sum(axis=1) == 0]).astype(np.float64)
    count = rows.sum(axis=0)
    share = (rows.T @ columns) / np.maximum(count, 1)[:, None]
    names = [*findings, NOTHING]
    return {
        "asked": names,
        "seen": names,
        "share": [
            [round(float(x), 4) for x in row] if n else [None] * len(row) for row, n in zip(share, count, strict=True)
        ],
        "n": count.astype(int).tolist(),
    }


ENTRIES = (
    Metric("exact_match", "All findings as asked", "clinical", "higher", CLASSIFIER, 20,
           "Wilson 1927 (interval)", confusion_family),
)  # fmt: skip
