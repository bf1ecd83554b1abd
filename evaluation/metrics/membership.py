"""Membership test: can one tell from the synthetic images alone which real images the model learnt from?

An image is taken for a training image when some synthetic image is near it. The area under the ROC curve of that attack,
training images against unseen real ones, is 0.5 where nothing leaks. Its interval is over prompts and unseen patients; the training
set is what it is.
"""

from __future__ import annotations

import numpy as np

from evaluation.metrics.metric import TRAINING, Metric
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.resampling import Jackknife, assign_blocks, clustered_mean, jackknife, pool, subsample
from evaluation.metrics.result import Comparison, Estimate, FloatArray, IntArray, MetricResult, Sample, Settings, scored
from evaluation.metrics.roc import delong_components, logit_interval
from evaluation.metrics.training import half_rows, split_sides

# Training images that are tried, at most: more narrow nothing, since the unseen images decide.
MEMBERS = 10_000
METHOD = "DeLong over unseen patients, delete-a-group jackknife over prompts, training set fixed; logit interval"
BASELINE_LABEL = "unseen real images in the place of the synthetic ones"


def attack(made: Sample, members: Sample, others: Sample, tried: float, settings: Settings) -> Estimate:
    """AUROC of "near to one of ``made``" for ``members`` against ``others``, whose groups must be disjoint.

    tried: the share of the training set that ``members`` are; nothing but what was not tried is left to chance on that side.
    Raises TooFewImages below 5 groups of ``made`` or of ``others``.
    """
    blocks = assign_blocks(made.groups, settings.blocks, settings.seed)
    near, far = (distances_by_block(side, made, blocks) for side in (members, others))
    v10, v01 = _components(near, far)
    area = float(v10.mean())
    without = [_components(*(np.delete(side, block, axis=1) for side in (near, far))) for block in range(near.shape[1])]
    parts = [jackknife(area, [wins.mean() for wins, _ in without], np.bincount(blocks)), _over_groups(v01, others)]
    if tried < 1:
        parts.append(_over_groups(v10, members, 1 - tried))
    _, se, df = pool(parts)
    low, high = logit_interval(area, se, df, min(made.n_groups, others.n_groups), settings.confidence)
    extra = {"se": se, "positives": members.n, "negatives": others.n}
    return Estimate(area, low, high, members.n + others.n, METHOD, extra)


def distances_by_block(sample: Sample, made: Sample, blocks: IntArray) -> FloatArray:
    """(n, b) Euclidean distances to the nearest image of every block of ``made``."""
    parts = (made.features[blocks == block] for block in range(int(blocks.max()) + 1))
    return np.stack([nearest_to(sample.features, part, 1)[1][:, 0] for part in parts], axis=1)


def _components(near: FloatArray, far: FloatArray) -> tuple[FloatArray, FloatArray]:
    """DeLong's, of members and of others, the nearest image of any block being the score."""
    scores = -np.concatenate([near.min(axis=1), far.min(axis=1)])
    return delong_components(scores, np.repeat([1, 0], [len(near), len(far)]))


def _over_groups(values: FloatArray, sample: Sample, share: float = 1.0) -> Jackknife:
    _, se, df = clustered_mean(values, sample.groups)
    return Jackknife(bias=0.0, variance=share * se**2, df=int(df))


def membership_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The attack by the synthetic images; the yardstick is the same by half of the unseen real images, on the other half."""
    sides, settings = split_sides(comparison), comparison.settings
    members = subsample(sides.training, MEMBERS, settings.seed)
    tried = members.n / sides.training.n
    halves = half_rows(sides.unseen, settings.seed)
    real = None
    if halves:
        stand_in, others = (sides.unseen.take(rows) for rows in halves)
        real = attack(stand_in, members, others, tried, settings)
    own = attack(sides.synthetic, members, sides.unseen, tried, settings)
    extra = sides.facts | {"members_tried": members.n}
    return (scored("membership_auroc", "lower", own, baseline=real, baseline_label=BASELINE_LABEL, extra=extra),)


ENTRIES = (
    Metric("membership_auroc", "Membership test AUROC", "privacy", "lower", TRAINING, 20,
           "Chen et al. 2020, GAN-Leaks, arXiv:1909.03935 (full black box)", membership_family, each_space=True),
)  # fmt: skip
