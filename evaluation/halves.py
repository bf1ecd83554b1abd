"""Images with one half replaced by the mirror of the other, for prompts that name a side: whose, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from evaluation import cache
from evaluation.features.base import Extraction
from evaluation.metrics import METRICS
from evaluation.metrics.sides import mirrored_halves, one_sided
from evaluation.networks import Facts
from images.pixels import Pixels

METRIC = "side_agreement"
HALVES = 2


def halves_wanted(facts: Facts, metrics: Sequence[str]) -> bool:
    """Whether the first network judges findings and sides are among what is measured."""
    return bool(facts["classes"]) and METRIC in (metrics or METRICS)


def rows_with_a_side(captions: Sequence[str], facts: Facts) -> list[int]:
    """The rows whose caption asks for one of the network's classes on one side."""
    return sorted(one_sided(captions, facts["classes"]))


def half_keys(digest: str) -> list[str]:
    """Where the outputs for the image without its left, and without its right half are kept."""
    return [cache.text_key(f"half {half} of {digest}") for half in range(HALVES)]


def half_pictures(pixels: Pixels) -> Iterator[Pixels]:
    """The picture without its left, and without its right half."""
    yield from (np.ascontiguousarray(half) for half in mirrored_halves(pixels))


def without_features(made: Extraction) -> Extraction:
    """Only the probabilities: nothing is measured on the features of mirrored halves."""
    return Extraction(made.features[:, :0], made.probabilities)


def sided_probabilities(rows: Sequence[int], made: Extraction, n: int, facts: Facts) -> npt.NDArray[np.float64]:
    """(n, 2, c): the probabilities of these rows' two pictures, which follow each other in `made`; NaN elsewhere."""
    found = np.full((n, HALVES, len(facts["classes"])), np.nan)
    found[list(rows)] = made.probabilities.reshape(len(rows), HALVES, -1)
    return found


def load_halves(facts: Facts, digests: Sequence[str], captions: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """The kept probabilities of all rows that have a side; None where none has."""
    rows = rows_with_a_side(captions, facts)
    if not rows:
        return None
    made = cache.load(facts["fingerprint"], [key for row in rows for key in half_keys(digests[row])])
    return sided_probabilities(rows, made, len(digests), facts)
