"""Do prompts that say "no effusion" get images without effusions?

Text-to-image models tend to draw what a prompt names, also where it says "no". So the classifier's specificity on images whose prompt
names a finding in a negation stands beside its specificity on images whose prompt does not mention the finding at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics.difference import compared
from evaluation.metrics.findings import POSITIVE, canonical, label_table
from evaluation.metrics.judging import operating_points
from evaluation.metrics.metric import Metric
from evaluation.metrics.prompts import summary
from evaluation.metrics.resampling import MINIMUM_GROUPS, group_codes, proportion_interval
from evaluation.metrics.result import Comparison, Estimate, FloatArray, IntArray, MetricError, MetricResult, Sample

IMAGES = 10
METHOD = "share not called present; Wilson with cluster-robust effective n"
BASELINE_LABEL = "prompts that do not mention the finding"


@dataclass(frozen=True)
class Cells:
    """Images by finding: not called present (1) or called (0), their groups, and of which finding; (k,) each."""

    spared: FloatArray
    groups: IntArray
    finding: IntArray

    def of(self, number: int) -> Cells:
        rows = self.finding == number
        return Cells(self.spared[rows], self.groups[rows], self.finding[rows])

    @property
    def enough(self) -> bool:
        return len(self.spared) >= IMAGES and len(np.unique(self.groups)) >= MINIMUM_GROUPS


def negation_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """`negation_respected` over all findings that prompts negate, and for each of which there are enough images."""
    sample, settings = comparison.synthetic, comparison.settings
    if not any(sample.captions):
        raise MetricError("The synthetic images have no prompts.")
    classes = [name for name in sample.classes if name]
    points = operating_points(comparison, classes)
    negated, silent = negation_cells(sample, classes, {name: points[name][0] for name in classes})
    usable = [number for number in range(len(classes)) if negated.of(number).enough]
    if not usable:
        raise MetricError(
            f'No finding is named in a negation ("no effusion") by the prompts of at least {IMAGES} images '
            f"and {MINIMUM_GROUPS} prompts."
        )
    results = []
    for numbers in (usable, *([number] for number in usable)):
        finding = classes[numbers[0]] if numbers is not usable else ""
        own = _estimate(negated, numbers, negated, settings.confidence, points[classes[numbers[0]]][1])
        # Without enough silent prompts for one of the findings there is nothing to compare with.
        whole = all(silent.of(number).enough for number in numbers)
        other = (
            _estimate(silent, numbers, negated, settings.confidence, points[classes[numbers[0]]][1]) if whole else None
        )
        results.append(
            compared("negation_respected", "higher", own, other, settings, label=BASELINE_LABEL, finding=finding)
        )
    return tuple(results)


def negation_cells(sample: Sample, classes: Sequence[str], thresholds: dict[str, float]) -> tuple[Cells, Cells]:
    """The images whose prompts negate each class by name, and those whose prompts are silent on it.

    "No large effusion" and "no left effusion" leave other effusions open and count in neither; nor does an image that was
    asked to show the finding after all.
    """
    if sample.probabilities is None:
        raise MetricError("This extractor has no classifier.")
    names = {canonical(name): number for number, name in enumerate(classes)}
    table, codes = label_table(sample, classes), group_codes(sample.groups)
    rows: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for row, caption in enumerate(sample.captions):
        mentions = {canonical(name): mention for name, mention in summary(caption).items()} if caption else {}
        for name, number in names.items() if caption else ():
            mention = mentions.get(name)
            if table[row, number] == POSITIVE:
                continue
            if mention is None:
                rows[1].append((row, number))
            elif mention.status == "absent" and not (mention.implied or mention.severity or mention.side):
                rows[0].append((row, number))
    return _cells(sample, codes, classes, thresholds, rows[0]), _cells(sample, codes, classes, thresholds, rows[1])


def _cells(
    sample: Sample, codes: IntArray, classes: Sequence[str], thresholds: dict[str, float], pairs: list[tuple[int, int]]
) -> Cells:
    assert sample.probabilities is not None
    row, number = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    column = np.array([sample.classes.index(name) for name in classes], dtype=np.intp)
    cut = np.array([thresholds[name] for name in classes])
    spared = (sample.probabilities[row, column[number]] < cut[number]).astype(np.float64)
    return Cells(spared, codes[row], number)


def _estimate(cells: Cells, numbers: Sequence[int], weights: Cells, confidence: float, point: str) -> Estimate:
    """Mean over the findings' shares, weighted by how many images of ``weights`` each has, so that two mean the same mix."""
    counts = np.array([np.sum(weights.finding == number) for number in numbers], dtype=np.float64)
    value, residual, rows = 0.0, np.zeros(int(cells.groups.max()) + 1), 0
    for number, weight in zip(numbers, counts / counts.sum(), strict=True):
        part = cells.of(number)
        mean = float(part.spared.mean())
        value += weight * mean
        residual += np.bincount(part.groups, weight * (part.spared - mean) / len(part.spared), len(residual))
        rows += len(part.spared)
    units = len(np.unique(cells.groups[np.isin(cells.finding, numbers)]))
    se = float(np.sqrt(np.sum(residual**2) * units / (units - 1)))
    floor = float(np.sqrt(value * (1 - value) / rows))
    low, high = proportion_interval(value, max(se, floor), units - 1, units, confidence)
    return Estimate(
        value, low, high, rows, f"{METHOD}; {point}", {"se": se, "prompts": units, "operating_point": point}
    )


ENTRIES = (
    Metric("negation_respected", "Negated findings stay away", "clinical", "higher", frozenset({"probabilities"}), 20,
           "Chapman et al. 2001 (parser); Wilson 1927 (interval)", negation_family),
)  # fmt: skip
