"""Authenticity: the share of synthetic images that are not a training image with noise.

Alaa et al., How faithful is your synthetic data?, ICML 2022 (arXiv:2102.08921): an image is not authentic when it lies at least
as near to its nearest training image as any other training image does. A tie counts as a copy, so a duplicate never passes.
"""

from __future__ import annotations

import numpy as np

from evaluation.metrics.metric import TRAINING, Metric
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.result import BoolArray, Comparison, MetricResult, Sample, scored
from evaluation.metrics.training import UNSEEN, share, split_sides

METHOD = "share of images farther from their nearest training image than its own neighbour; Wilson, cluster-robust effective n"


def authentic(sample: Sample, training: Sample) -> BoolArray:
    """(n,) whether each row lies farther from its nearest training image than that image's nearest other training image."""
    index, distances = nearest_to(sample.features, training.features, 1)
    hit, where = np.unique(index[:, 0], return_inverse=True)
    # The first neighbour of a training image is itself, or a twin at the same distance 0.
    radii = nearest_to(training.features[hit], training.features, 2)[1][:, 1]
    result: BoolArray = distances[:, 0] > radii[where.ravel()]
    return result


def authenticity_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Authenticity of the synthetic images, beside that of unseen real images."""
    sides, confidence = split_sides(comparison), comparison.settings.confidence
    estimates = [
        share(authentic(sample, sides.training), sample, confidence, METHOD)
        for sample in (sides.synthetic, sides.unseen)
    ]
    return (
        scored("authenticity", "higher", estimates[0], baseline=estimates[1], baseline_label=UNSEEN, extra=sides.facts),
    )


ENTRIES = (
    Metric("authenticity", "Authenticity", "privacy", "higher", TRAINING, 20,
           "Alaa et al. 2022, arXiv:2102.08921", authenticity_family, each_space=True),
)  # fmt: skip
