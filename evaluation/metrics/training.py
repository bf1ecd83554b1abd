"""What every privacy metric starts from: the training set, and real images that the model has not seen.

Nearness to the training set means nothing by itself: real radiographs are near each other, too. So each number is set against
unseen real images: those of the reference that share neither pixels nor patient with the training set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.resampling import MINIMUM_GROUPS, assign_blocks, clustered_proportion
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    Sample,
    TooFewImages,
)

MINIMUM = 20
# So many nearest training images are looked through for one of another patient.
DEPTH = 16
PAIRS = 24
PER_IMAGE = 5000
UNSEEN = "unseen real images"


@dataclass(frozen=True)
class Sides:
    """The synthetic images, the training images, and the real images that are neither of the training set nor of its patients."""

    synthetic: Sample
    training: Sample
    unseen: Sample
    dropped: int

    @property
    def facts(self) -> dict[str, Any]:
        """What every result says of the sets that it is against."""
        return {
            "against": "training set",
            "training_images": self.training.n,
            "unseen_images": self.unseen.n,
            "reference_images_of_training_patients": self.dropped,
        }


def split_sides(comparison: Comparison) -> Sides:
    """The three sides of a comparison.

    Raises MetricError without a training set, TooFewImages where it, or what the reference holds beside it, is below 20 images.
    """
    training = comparison.training
    if training is None:
        raise MetricError("Name the training set: the images that the model learnt from.")
    if training.n < MINIMUM:
        raise TooFewImages(f"Needs at least {MINIMUM} training images; there are {training.n}.")
    unseen = unseen_rows(comparison.reference, training)
    if len(unseen) < MINIMUM:
        raise TooFewImages(
            f"Needs at least {MINIMUM} real images that the model has not seen; of the reference's {comparison.reference.n} "
            f"images {len(unseen)} are of patients outside the training set. Choose a held-out reference."
        )
    held_out = comparison.reference.take(unseen)
    return Sides(comparison.synthetic, training, held_out, comparison.reference.n - len(unseen))


def unseen_rows(reference: Sample, training: Sample) -> IntArray:
    """Rows of the reference whose pixels and whose patient (group) are not in the training set."""
    digests, groups = set(training.digests), set(training.groups)
    own = reference.digests or ("",) * reference.n
    keep = [i for i, group in enumerate(reference.groups) if group not in groups and own[i] not in digests]
    return np.array(keep, dtype=np.intp)


@dataclass(frozen=True)
class Nearest:
    """Of every row: its nearest training image (row, distance) and the distance to the nearest one of another patient."""

    row: IntArray
    first: FloatArray
    second: FloatArray

    @property
    def contrast(self) -> FloatArray:
        """first / second: near 0 where one patient's image is far nearer than any other patient's; 0 for an exact match."""
        return np.where(self.first == 0, 0.0, self.first / np.where(self.second > 0, self.second, 1.0))


def nearest_training(sample: Sample, training: Sample) -> Nearest:
    """The nearest training images of every row of ``sample``.

    Where the 16 nearest are all of one patient the 16th stands for the nearest of another: the contrast then errs upwards.
    """
    index, distances = nearest_to(sample.features, training.features, DEPTH)
    codes = np.unique(np.asarray(training.groups, dtype=object).astype(str), return_inverse=True)[1]
    other = codes[index] != codes[index[:, :1]]
    column = np.where(other.any(axis=1), other.argmax(axis=1), index.shape[1] - 1)
    return Nearest(index[:, 0], distances[:, 0], distances[np.arange(len(index)), column])


def half_rows(sample: Sample, seed: int) -> tuple[IntArray, IntArray] | None:
    """Rows of two halves of whole patients; None below 5 patients a half."""
    if sample.n_groups < 2 * MINIMUM_GROUPS:
        return None
    side = assign_blocks(sample.groups, 2, seed)
    return np.flatnonzero(side == 0).astype(np.intp), np.flatnonzero(side == 1).astype(np.intp)


def share(
    flags: BoolArray, sample: Sample, confidence: float, method: str, extra: Mapping[str, Any] | None = None
) -> Estimate:
    """Share of flagged rows with its interval over the sample's groups."""
    p, low, high = clustered_proportion(flags, sample.groups, confidence)
    return Estimate(p, low, high, sample.n, method, {"count": int(np.sum(flags)), **(extra or {})})


def per_image(values: FloatArray) -> dict[str, list[float]]:
    """One number an image in row order, where there are not too many to keep."""
    return {"per_image": [round(float(v), 6) for v in values]} if len(values) <= PER_IMAGE else {}
