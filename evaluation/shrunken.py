"""A set's pictures at smaller sides, as a network sees them: looked at when a metric asks, and kept by content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from evaluation import cache
from evaluation.features.base import Extractor, Picture, gather
from evaluation.metrics.result import IntArray, Look
from evaluation.networks import Facts
from images.pixels import Pixels, square, to_display

# Pictures of one file of features: what a killed worker loses.
AT_ONCE = 64


def shrink(pixels: Pixels, side: int) -> npt.NDArray[np.uint8]:
    """(side, side): the middle square of a radiograph as it is displayed, averaged over area."""
    return square(to_display(pixels), side).astype(np.uint8, copy=False)


def looking(extractor: Extractor, load: Callable[[int], Pixels]) -> Look:
    """A look with an open network; nothing is kept. load: row number -> pixels."""

    def features(rows: IntArray, side: int) -> npt.NDArray[np.float32]:
        return gather(extractor, _shrunken(load, rows, side)).features

    return Look(extractor.input_size, features)


def keeping_look(
    facts: Facts, open_network: Callable[[], Extractor], digests: Sequence[str], load: Callable[[int], Pixels]
) -> Look:
    """A look that opens the network only for pictures that it has not seen at this side. digests: those of all rows."""
    fingerprint = facts["fingerprint"]

    def features(rows: IntArray, side: int) -> npt.NDArray[np.float32]:
        keys = [cache.text_key(f"{side} pixels of {digests[row]}") for row in rows]
        unseen = set(cache.missing(fingerprint, keys))
        new = {key: row for key, row in zip(keys, rows, strict=True) if key in unseen}
        for start in range(0, len(new), AT_ONCE):
            some = list(new)[start : start + AT_ONCE]
            pictures = _shrunken(load, [new[key] for key in some], side)
            cache.keep(fingerprint, some, partial(gather, open_network(), pictures))
        return cache.load(fingerprint, keys).features

    return Look(facts["input_size"], features)


def _shrunken(load: Callable[[int], Pixels], rows: Iterable[int], side: int) -> Iterator[Picture]:
    """A function for each picture that makes it: before an accelerator they are called on several threads."""

    def shrunken(row: int) -> Pixels:
        return shrink(load(row), side)

    return (partial(shrunken, int(row)) for row in rows)
