"""What a classifier says of the images of a set, finding by finding, beside what the images were said to show.

Everything that depends on the share of positives (accuracy, average precision, calibration) is stated at the synthetic set's
share, on the reference as well: its positives and negatives are weighted to it. Otherwise a set that asks for more disease than
a hospital sees would differ from the reference for that reason alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.metrics.calibration import ENOUGH, RAW, Platt, fit_platt
from evaluation.metrics.findings import NEGATIVE, POSITIVE, UNKNOWN, label_table
from evaluation.metrics.resampling import MINIMUM_GROUPS, assign_blocks, group_codes
from evaluation.metrics.result import Comparison, FloatArray, IntArray, MetricError, Sample, Settings, TooFewImages

PER_CLASS = 10
FOLDS = 5
WEIGHTS_POINT = "operating point of the weights"
YOUDEN_POINT = "operating point by Youden's index on the reference"
NO_YOUDEN = f"{WEIGHTS_POINT} (too few labelled reference images for Youden's)"


@dataclass(frozen=True)
class Judged:
    """One class of the classifier on the images whose label is known; row i of every (k,) array is the same image.

    truth: 1 or 0; scores: the classifier's output; groups, blocks: codes of prompt or patient and of jackknife block;
    thresholds: where an image is called positive; calibrated: probabilities after recalibration;
    prevalence: the share of positives that numbers are stated at.
    """

    finding: str
    truth: IntArray
    scores: FloatArray
    groups: IntArray
    blocks: IntArray
    prevalence: float
    thresholds: FloatArray
    calibrated: FloatArray
    point: str = WEIGHTS_POINT
    recalibration: str = RAW

    @property
    def calls(self) -> IntArray:
        """(k,) 1 where the image is called positive."""
        return (self.scores >= self.thresholds).astype(np.intp)

    @property
    def weights(self) -> FloatArray:
        """(k,) of sum 1: each class evenly, the positives ``prevalence`` in all."""
        positives = max(int((self.truth == POSITIVE).sum()), 1)
        negatives = max(int((self.truth == NEGATIVE).sum()), 1)
        return np.where(self.truth == POSITIVE, self.prevalence / positives, (1 - self.prevalence) / negatives)

    def require(self) -> None:
        """Raises TooFewImages below 10 positives or 10 negatives, or with fewer than two groups of either."""
        positives, negatives = int((self.truth == POSITIVE).sum()), int((self.truth == NEGATIVE).sum())
        if min(positives, negatives) < PER_CLASS:
            raise TooFewImages(
                f"Needs at least {PER_CLASS} images with and {PER_CLASS} without the finding; "
                f"there are {positives} and {negatives}."
            )
        if min(len(np.unique(self.groups[self.truth == value])) for value in (POSITIVE, NEGATIVE)) < 2:
            raise TooFewImages("Needs images with and without the finding from at least two prompts or patients each.")

    @property
    def enough(self) -> bool:
        try:
            self.require()
        except TooFewImages:
            return False
        return True


def judge(sample: Sample, findings: Sequence[str], settings: Settings) -> dict[str, Judged]:
    """The classifier's view of each finding that is one of its classes, at the weights' thresholds, not recalibrated."""
    if sample.probabilities is None:
        raise MetricError("This extractor has no classifier.")
    known = [finding for finding in findings if finding in sample.classes]
    table, codes = label_table(sample, known), group_codes(sample.groups)
    enough = sample.n_groups >= MINIMUM_GROUPS
    blocks = assign_blocks(codes, settings.blocks, settings.seed) if enough else np.zeros_like(codes)
    views = {}
    for number, finding in enumerate(known):
        column = sample.classes.index(finding)
        rows = np.flatnonzero(table[:, number] != UNKNOWN)
        truth, scores = table[rows, number], sample.probabilities[rows, column].astype(np.float64)
        if not np.isfinite(scores).all():
            raise MetricError(f"The classifier's output for {finding} contains NaN or infinity.")
        threshold = sample.thresholds[column] if sample.thresholds else 0.5
        share = float((truth == POSITIVE).mean()) if len(truth) else float("nan")
        views[finding] = Judged(
            finding, truth, scores, codes[rows], blocks[rows], share, np.full(len(rows), threshold), scores
        )
    return views


def judge_pair(comparison: Comparison, findings: Sequence[str]) -> tuple[dict[str, Judged], dict[str, Judged]]:
    """Both sets' views with operating points and recalibration from the reference; the reference's own are cross-fitted.

    The second holds only the findings of which the reference has enough images of either kind.
    """
    settings = comparison.settings
    own = judge(comparison.synthetic, findings, settings)
    reference = comparison.reference
    has_real = reference.probabilities is not None and any(reference.findings)
    real = judge(reference, findings, settings) if has_real else {}
    synthetic_views, real_views = {}, {}
    for finding, view in own.items():
        yardstick = real.get(finding)
        if yardstick is not None and yardstick.enough:
            yardstick = replace(yardstick, prevalence=view.prevalence)
            real_views[finding] = tune(yardstick, yardstick, settings)
        synthetic_views[finding] = tune(view, yardstick, settings)
    return synthetic_views, real_views


def operating_points(comparison: Comparison, findings: Sequence[str]) -> dict[str, tuple[float, str]]:
    """(threshold, which point it is) of each finding on the synthetic images."""
    sample, settings = comparison.synthetic, comparison.settings
    youden = settings.operating_point == "youden"
    real = judge(comparison.reference, findings, settings) if youden and any(comparison.reference.findings) else {}
    points = {}
    for finding in findings:
        view = real.get(finding)
        if view is not None and view.enough:
            points[finding] = (youden_threshold(view.scores, view.truth), YOUDEN_POINT)
        else:
            own = sample.thresholds[sample.classes.index(finding)] if sample.thresholds else 0.5
            points[finding] = (own, NO_YOUDEN if youden else WEIGHTS_POINT)
    return points


def tune(view: Judged, reference: Judged | None, settings: Settings) -> Judged:
    """The view with thresholds (where Youden's are asked for) and probabilities learnt on the reference's labels.

    A reference that is the view itself is split into 5 folds of whole patients, each judged by what the others teach.
    """
    if reference is None or not reference.enough:
        asked = settings.operating_point == "youden"
        return replace(view, point=NO_YOUDEN) if asked else view
    teaching = reference if reference is not view else None
    if settings.operating_point == "youden":
        view = _with_youden(view, teaching, settings)
    counts = [int((reference.truth == value).sum()) for value in (POSITIVE, NEGATIVE)]
    return _recalibrated(view, teaching, settings) if min(counts) >= ENOUGH else view


def _with_youden(view: Judged, reference: Judged | None, settings: Settings) -> Judged:
    thresholds = view.thresholds.copy()
    for rows, teacher, learn in _lessons(view, reference, settings):
        thresholds[rows] = youden_threshold(teacher.scores[learn], teacher.truth[learn])
    return replace(view, thresholds=thresholds, point=YOUDEN_POINT)


def _recalibrated(view: Judged, reference: Judged | None, settings: Settings) -> Judged:
    calibrated = view.scores.copy()
    for rows, teacher, learn in _lessons(view, reference, settings):
        weights = replace(teacher, prevalence=view.prevalence).weights
        platt: Platt = fit_platt(teacher.scores[learn], teacher.truth[learn], weights[learn])
        calibrated[rows] = platt.apply(view.scores[rows])
    return replace(view, calibrated=calibrated, recalibration="recalibrated (Platt) on the reference")


def _lessons(view: Judged, reference: Judged | None, settings: Settings) -> list[tuple[IntArray, Judged, IntArray]]:
    """(rows to judge, whose rows to learn from, which of them): all from all, or fold by fold from the other folds."""
    everything = np.arange(len(view.truth))
    if reference is not None:
        return [(everything, reference, np.arange(len(reference.truth)))]
    if len(np.unique(view.groups)) < MINIMUM_GROUPS:
        return [(everything, view, everything)]
    fold = assign_blocks(view.groups, FOLDS, settings.seed)
    lessons = []
    for number in range(int(fold.max()) + 1):
        rest = np.flatnonzero(fold != number)
        learn = rest if len(np.unique(view.truth[rest])) == 2 else everything
        lessons.append((np.flatnonzero(fold == number), view, learn))
    return lessons


def youden_threshold(scores: FloatArray, truth: IntArray) -> float:
    """Where sensitivity + specificity - 1 is largest, halfway to the next lower score; the highest of equals.

    Source: Youden, Cancer 3:32 (1950). An image is called positive at or above it.
    """
    values, code = np.unique(scores, return_inverse=True)
    positive = np.bincount(code[truth == POSITIVE], minlength=len(values))
    negative = np.bincount(code[truth == NEGATIVE], minlength=len(values))
    sensitivity = np.cumsum(positive[::-1])[::-1] / positive.sum()
    fall_out = np.cumsum(negative[::-1])[::-1] / negative.sum()
    index = sensitivity - fall_out
    best = int(np.flatnonzero(index >= index.max() - 1e-12)[-1])
    return float((values[best] + values[best - 1]) / 2) if best else float(values[0])
