"""The synthetic images farthest from any real one, with their nearest real images, and the yardstick of real to real."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics import nearest_to
from evaluation.metrics.resampling import group_codes
from evaluation.samples import Row, SampledSet

STRANGEST = 8
NEIGHBOURS = 3
WALL = 24
# Images looked at on either side: enough for a picture of the whole, whatever the size of the sets.
LOOKED_AT = 10_000
CHUNK = 1_024


def describe_neighbours(synthetic: SampledSet, reference: SampledSet, seed: int = 0) -> dict[str, Any]:
    """The strangest images with their neighbours, a wall by distance, and the yardstick.

    Distances are Euclidean in the first network's feature space; the yardstick is the distance of a real image to the nearest
    real image of another patient. Of sets of more than LOOKED_AT images a seeded sample is looked at.
    """
    left, right = _looked_at(synthetic, seed), _looked_at(reference, seed)
    index, distances = nearest_to(synthetic.sample.features[left], reference.sample.features[right], NEIGHBOURS)
    order = np.argsort(-distances[:, 0], kind="stable")
    wall = order[np.unique(np.linspace(0, len(order) - 1, min(WALL, len(order))).astype(int))]
    groups = group_codes([reference.sample.groups[i] for i in right])
    real = distances_between_groups(reference.sample.features[right], groups)

    def made(i: int) -> dict[str, Any]:
        return _picture(synthetic.rows[left[i]], distances[i, 0])

    def near(i: int) -> list[dict[str, Any]]:
        return [_picture(reference.rows[right[j]], d) for j, d in zip(index[i], distances[i], strict=True)]

    return {
        "strangest": [{**made(i), "neighbours": near(i)} for i in order[:STRANGEST]],
        "wall": [made(i) for i in wall],
        "synthetic_median": float(np.median(distances[:, 0])),
        "real_median": float(np.median(real)),
        "real_95": float(np.quantile(real, 0.95)),
        "looked_at": {"synthetic": len(left), "reference": len(right)},
    }


def _looked_at(sampled: SampledSet, seed: int) -> npt.NDArray[np.intp]:
    if sampled.sample.n <= LOOKED_AT:
        return np.arange(sampled.sample.n)
    chosen = np.random.default_rng(seed).choice(sampled.sample.n, LOOKED_AT, replace=False)
    return np.sort(chosen).astype(np.intp)


def distances_between_groups(
    features: npt.NDArray[np.floating[Any]], groups: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """(n,) Euclidean distance of every row to the nearest row of another group; of any other row where there is one group.

    features: (n, d), n >= 2; groups: (n,). Nearest rows are found in float32, their distances computed in float64.
    """
    if len(np.unique(groups)) < 2:
        groups = np.arange(len(features))
    centred = (features - features.mean(axis=0)).astype(np.float32)
    squares = np.einsum("ij,ij->i", centred, centred)
    nearest = np.empty(len(features), dtype=np.intp)
    for start in range(0, len(features), CHUNK):
        rows = slice(start, start + CHUNK)
        distances = squares - 2 * (centred[rows] @ centred.T)
        distances[groups[rows, None] == groups] = np.inf
        nearest[rows] = distances.argmin(axis=1)
    difference = features.astype(np.float64) - features[nearest]
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", difference, difference)))


def _picture(row: Row, distance: float) -> dict[str, Any]:
    return {
        "image": str(row.image),
        "caption": row.caption[:200],
        "findings": list(row.findings),
        "distance": float(distance),
    }
