"""Membership test: can one tell from the synthetic images alone which real images the model learnt from?

An image is taken for a training image when some synthetic image is near it. The area under the ROC curve of that attack,
training images against unseen real ones, is 0.5 where nothing leaks.
"""

from __future__ import annotations

import numpy as np

from evaluation.metrics.metric import TRAINING, Metric
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.resampling import subsample
from evaluation.metrics.result import Comparison, Estimate, MetricResult, Sample, Settings, scored
from evaluation.metrics.roc import estimate_auroc
from evaluation.metrics.training import half_rows, split_sides

# Training images that are tried, at most: more narrow nothing, since the unseen images decide.
MEMBERS = 10_000
BASELINE_LABEL = "unseen real images in the place of the synthetic ones"


def attack(made: Sample, members: Sample, others: Sample, settings: Settings) -> Estimate:
    """AUROC of "near to one of ``made``" for ``members`` against ``others``, whose groups must be disjoint."""
    scores = [-nearest_to(side.features, made.features, 1)[1][:, 0] for side in (members, others)]
    truth = np.repeat([1, 0], [members.n, others.n])
    groups = [f"member-{g}" for g in members.groups] + [f"other-{g}" for g in others.groups]
    return estimate_auroc(np.concatenate(scores), truth, groups, settings.confidence)


def membership_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The attack by the synthetic images; the yardstick is the same by half of the unseen real images, on the other half."""
    sides, settings = split_sides(comparison), comparison.settings
    members = subsample(sides.training, MEMBERS, settings.seed)
    halves = half_rows(sides.unseen, settings.seed)
    real = None
    if halves:
        stand_in, others = (sides.unseen.take(rows) for rows in halves)
        real = attack(stand_in, members, others, settings)
    own = attack(sides.synthetic, members, sides.unseen, settings)
    extra = sides.facts | {"members_tried": members.n}
    return (scored("membership_auroc", "lower", own, baseline=real, baseline_label=BASELINE_LABEL, extra=extra),)


ENTRIES = (
    Metric("membership_auroc", "Membership test AUROC", "privacy", "lower", TRAINING, 20,
           "Chen et al. 2020, GAN-Leaks, arXiv:1909.03935 (full black box)", membership_family, each_space=True),
)  # fmt: skip
