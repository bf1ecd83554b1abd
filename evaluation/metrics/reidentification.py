"""Would a network that recognises patients take a synthetic image for a patient of the training set?

The threshold is set on the training set itself: a search of one of its images among all images of other patients finds a
match in 1 % of cases. How often the same threshold recognises a patient by another image of theirs is the network's power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.metrics.metric import TRAINING, Metric
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.resampling import MINIMUM_GROUPS, clustered_proportion, group_codes
from evaluation.metrics.result import (
    Comparison,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    TooFewImages,
    scored,
)
from evaluation.metrics.training import DEPTH, MINIMUM, UNSEEN, share, split_sides

FALSE_MATCHES = 0.01
QUERIES = 2000
METHOD = (
    "share of images matched in a search of the training set at 1 % false matches; Wilson, cluster-robust effective n"
)


@dataclass(frozen=True)
class Verifier:
    """A distance below which two images are said to be of one patient, and how often it recognises one (value, low, high)."""

    limit: float
    recognised: tuple[float, float, float]
    queries: int


def calibrate(training: Sample, confidence: float, seed: int) -> Verifier:
    """The verifier of a training set in which some patients have several images.

    Raises TooFewImages below 5 such patients or 20 such images, MetricError where the network does not recognise patients.
    """
    queries = _queries(training, seed)
    codes = group_codes(training.groups)
    impostor, genuine = _impostors(training, queries, codes), _genuine(training, queries, codes)
    limit = float(np.quantile(impostor, FALSE_MATCHES, method="lower"))
    groups = [training.groups[i] for i in queries]
    recognised = clustered_proportion(genuine <= limit, groups, confidence)
    if recognised[1] <= FALSE_MATCHES:
        raise MetricError(
            f"This network does not tell patients apart: at {FALSE_MATCHES:.0%} false matches it recognises "
            f"{recognised[0]:.1%} of the training patients by another image. Choose a verification network."
        )
    return Verifier(limit, recognised, len(queries))


def _queries(training: Sample, seed: int) -> IntArray:
    """Rows of patients with several images, at most 2,000."""
    codes = group_codes(training.groups)
    several = np.flatnonzero(np.bincount(codes)[codes] > 1)
    patients = len(np.unique(codes[several]))
    if patients < MINIMUM_GROUPS or len(several) < MINIMUM:
        raise TooFewImages(
            f"Needs a training set with several images of at least {MINIMUM_GROUPS} patients, {MINIMUM} images in all, to learn "
            f"what the same patient looks like; there are {len(several)} images of {patients} such patients."
        )
    chosen = np.random.default_rng(seed).permutation(several)[:QUERIES]
    return np.sort(chosen).astype(np.intp)


def _impostors(training: Sample, queries: IntArray, codes: IntArray) -> FloatArray:
    """Distance of each query to the nearest image of another patient."""
    index, distances = nearest_to(training.features[queries], training.features, DEPTH + 1)
    other = codes[index] != codes[queries][:, None]
    column = np.where(other.any(axis=1), other.argmax(axis=1), index.shape[1] - 1)
    return np.asarray(distances[np.arange(len(queries)), column])


def _genuine(training: Sample, queries: IntArray, codes: IntArray) -> FloatArray:
    """Distance of each query to the nearest other image of the same patient."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(int(codes.max()) + 2))
    found = np.empty(len(queries))
    for position, row in enumerate(queries):
        own = order[starts[codes[row]] : starts[codes[row] + 1]]
        others = np.asarray(training.features[own[own != row]], dtype=np.float64)
        found[position] = np.linalg.norm(others - training.features[row], axis=1).min()
    return found


def reidentification_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Share of synthetic images matched to a training patient, beside that of unseen real images of other patients."""
    sides, settings = split_sides(comparison), comparison.settings
    verifier = calibrate(sides.training, settings.confidence, settings.seed)
    estimates = [
        share(
            nearest_to(sample.features, sides.training.features, 1)[1][:, 0] <= verifier.limit,
            sample,
            settings.confidence,
            METHOD,
        )
        for sample in (sides.synthetic, sides.unseen)
    ]
    value, low, high = verifier.recognised
    extra = sides.facts | {
        "distance_limit": verifier.limit,
        "false_match_rate": FALSE_MATCHES,
        "recognised": {"value": value, "low": low, "high": high, "n": verifier.queries},
    }
    return (
        scored("reidentification", "lower", estimates[0], baseline=estimates[1], baseline_label=UNSEEN, extra=extra),
    )


ENTRIES = (
    Metric("reidentification", "Patient re-identification rate", "privacy", "lower", TRAINING, 20,
           "Packhaeuser et al. 2022, Scientific Reports 12:14851 (re-identification in chest X-rays)", reidentification_family,
           each_space=True),
)  # fmt: skip
