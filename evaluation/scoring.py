"""From two image sets to the numbers of a score card: extract, measure, look for neighbours."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from evaluation.cache import extract_features, sorted_items
from evaluation.features.base import Extraction, Extractor
from evaluation.metrics import METRICS, MetricResult, Sample, Settings, families, measure, nearest_to
from evaluation.metrics.multiscale import SIDE
from images.models import ImageSet, ImageSetItem
from images.pixels import square, to_display, to_unit

STRANGEST = 8
NEIGHBOURS = 3
WALL = 24
LIBRARIES = ("numpy", "scipy", "torch", "torchxrayvision", "pillow", "safetensors", "negatoscope")

# beat(done, total, message): called often; may raise to stop the work.
Beat = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SampledSet:
    """An image set with its rows: items and what the extractor made of them, in one order."""

    image_set: ImageSet
    items: list[ImageSetItem]
    sample: Sample


def score_sets(
    synthetic: ImageSet, reference: ImageSet, extractor: Extractor, seed: int, beat: Beat
) -> tuple[tuple[MetricResult, ...], dict[str, Any]]:
    """The results of every metric, and the neighbours of the strangest images."""
    stages = len(families(METRICS)) + 1
    total = synthetic.count + reference.count + stages
    left = _sampled(synthetic, extractor, lambda done: beat(done, total, f"Looking at {synthetic.name}"))
    right = _sampled(
        reference, extractor, lambda done: beat(synthetic.count + done, total, f"Looking at {reference.name}")
    )
    stage = iter(range(total - stages, total + 1))
    settings = Settings(seed=seed)
    results = measure(
        left.sample, right.sample, settings=settings, progress=lambda title: beat(next(stage), total, title)
    )
    beat(total - 1, total, "Nearest real neighbours")
    return results, describe_neighbours(left, right)


def _sampled(image_set: ImageSet, extractor: Extractor, progress: Callable[[int], None]) -> SampledSet:
    items = sorted_items(image_set)
    extraction = extract_features(extractor, image_set, [item.image for item in items], progress)
    return SampledSet(image_set, items, to_sample(items, extraction, extractor))


def to_sample(items: Sequence[ImageSetItem], extraction: Extraction, extractor: Extractor) -> Sample:
    """Rows of features with the groups and findings that the set says; an image without a group is its own."""

    def load_pixels(index: int) -> np.typing.NDArray[np.float32]:
        return to_unit(square(to_display(items[index].image.load_pixels()), SIDE))

    return Sample(
        features=extraction.features.astype(np.float64),
        groups=tuple(item.group or f"image-{item.image.sha256}" for item in items),
        findings=tuple(tuple(item.findings) for item in items),
        classes=extractor.classes,
        probabilities=extraction.probabilities.astype(np.float64) if extractor.classes else None,
        thresholds=extractor.thresholds,
        load_pixels=load_pixels,
        captions=tuple(item.caption for item in items),
        ages=tuple(item.age for item in items),
        sexes=tuple(item.sex for item in items),
        views=tuple(item.view for item in items),
        digests=tuple(item.image.sha256 for item in items),
    )


def describe_neighbours(synthetic: SampledSet, reference: SampledSet) -> dict[str, Any]:
    """The synthetic images farthest from any real one with their nearest real images, a wall by distance, and the yardstick.

    Distances are Euclidean in feature space; the yardstick is the distance of a real image to the nearest real image of
    another patient.
    """
    index, distances = nearest_to(synthetic.sample.features, reference.sample.features, NEIGHBOURS)
    order = np.argsort(-distances[:, 0], kind="stable")
    wall = order[np.unique(np.linspace(0, len(order) - 1, min(WALL, len(order))).astype(int))]
    real = _real_to_real(reference)
    return {
        "strangest": [
            {
                **_picture(synthetic.items[i], distances[i, 0]),
                "neighbours": [_picture(reference.items[j], d) for j, d in zip(index[i], distances[i], strict=True)],
            }
            for i in order[:STRANGEST]
        ],
        "wall": [_picture(synthetic.items[i], distances[i, 0]) for i in wall],
        "synthetic_median": float(np.median(distances[:, 0])),
        "real_median": float(np.median(real)),
        "real_95": float(np.quantile(real, 0.95)),
    }


def _real_to_real(reference: SampledSet) -> np.typing.NDArray[np.float64]:
    """Distance of every real image to the nearest one of another patient."""
    features, groups = reference.sample.features, np.array(reference.sample.groups)
    index, distances = nearest_to(features, features, 1 + max(np.unique(groups, return_counts=True)[1].max(), 1))
    other = groups[index] != groups[:, None]
    first = np.where(other.any(axis=1), other.argmax(axis=1), distances.shape[1] - 1)
    return np.asarray(distances[np.arange(len(features)), first])


def _picture(item: ImageSetItem, distance: float) -> dict[str, Any]:
    return {
        "image": str(item.image_id),
        "caption": item.caption[:200],
        "findings": list(item.findings),
        "distance": float(distance),
    }


def provenance(synthetic: ImageSet, reference: ImageSet, extractor: Extractor, seed: int) -> dict[str, Any]:
    """Everything that the numbers depend on."""
    return {
        "synthetic": _set_facts(synthetic),
        "reference": _set_facts(reference),
        "extractor": {
            "name": extractor.name,
            "weights": extractor.weights,
            "weights_sha256": extractor.weights_digest,
            "preprocessing": extractor.preprocessing,
            "fingerprint": extractor.fingerprint,
            "classes": list(extractor.classes),
            "thresholds": list(extractor.thresholds),
            "licence": extractor.licence,
        },
        "settings": {**asdict(Settings(seed=seed))},
        "libraries": environment(),
    }


def _set_facts(image_set: ImageSet) -> dict[str, Any]:
    return {
        "id": str(image_set.pk),
        "name": image_set.name,
        "digest": image_set.digest,
        "count": image_set.count,
        "is_phantom": image_set.is_phantom,
    }


def environment() -> dict[str, str]:
    """Versions of what computes, by name."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
