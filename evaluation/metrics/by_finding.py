"""A distance for each finding: synthetic images that were asked to show it against real images that show it.

Fréchet distances depend on n, so every finding is measured at one and the same n on both sides: that of the rarest
finding which is measured at all, or MAXIMUM where all have more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evaluation.metrics.findings import POSITIVE, canonical, labels
from evaluation.metrics.resampling import subsample
from evaluation.metrics.result import Comparison, Direction, Estimate, MetricResult, Sample, TooFewImages, scored

MINIMUM, MAXIMUM = 50, 500

Measured = tuple[Estimate, Estimate | None, str]


def by_finding(
    metric: str, direction: Direction, comparison: Comparison, measure: Callable[[Comparison], Measured]
) -> tuple[MetricResult, ...]:
    """One result a finding that at least MINIMUM images show on both sides, in the order of the names.

    ``measure`` gives (estimate, noise floor, its label) of a comparison; a finding whose images come from too few
    prompts or patients is left out.
    """
    pairs = _pairs(comparison)
    n = min([MAXIMUM, *(side.n for pair in pairs.values() for side in pair)])
    results = []
    for name, pair in pairs.items():
        left, right = (subsample(side, n, comparison.settings.seed) for side in pair)
        try:
            estimate, floor, label = measure(replace(comparison, synthetic=left, reference=right, training=None))
        except TooFewImages:
            continue
        extra = {"equal_n": n, "n_with_finding": [side.n for side in pair]}
        results.append(
            scored(metric, direction, estimate, finding=name, baseline=floor, baseline_label=label, extra=extra)
        )
    return tuple(results)


def _pairs(comparison: Comparison) -> dict[str, tuple[Sample, Sample]]:
    """Images with each finding on both sides, by the finding's name, where there are enough."""
    found = {}
    for name in _names(comparison.synthetic):
        pair = (_showing(comparison.synthetic, name), _showing(comparison.reference, name))
        if min(side.n for side in pair) >= MINIMUM:
            found[name] = pair
    return found


def _showing(sample: Sample, finding: str) -> Sample:
    rows = np.flatnonzero(labels(sample, finding) == POSITIVE) if any(sample.findings) else np.empty(0)
    return sample.take(rows.astype(np.intp))


def _names(synthetic: Sample) -> list[str]:
    """What was asked for: in the classifier's spelling where it has one, else in the most common one; sorted."""
    spellings = Counter(name for names in synthetic.findings for name in names)
    chosen: dict[str, str] = {}
    for name, _ in sorted(spellings.items(), key=lambda item: (-item[1], item[0])):
        chosen.setdefault(canonical(name), name)
    for name in synthetic.classes:
        if canonical(name) in chosen:
            chosen[canonical(name)] = name
    return sorted(chosen.values())
