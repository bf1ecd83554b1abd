"""Features of an image set, extracted once: shards in storage under (extractor fingerprint, image set digest).

Rows are ordered by the images' digests. A shard is written whole or not at all, so a run that was killed goes on at the
first missing shard, and another score card of the same set reads them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evaluation.features.base import Extraction, Extractor, gather
from images import content
from images.models import Image, ImageSet, ImageSetItem
from images.pixels import Pixels

SHARD = 256


def sorted_items(image_set: ImageSet) -> list[ImageSetItem]:
    """The set's items in the order of the rows of its features."""
    return list(image_set.items.select_related("image").order_by("image__sha256"))


def shard_key(extractor: Extractor, image_set: ImageSet, number: int) -> str:
    """Where one shard lies."""
    return f"features/{extractor.fingerprint[:32]}/{image_set.digest}/{SHARD}-{number:05d}.safetensors"


def extract_features(
    extractor: Extractor, image_set: ImageSet, images: Sequence[Image], progress: Callable[[int], None]
) -> Extraction:
    """Features and probabilities of the images (sorted by digest); `progress` gets the rows done after each shard."""
    parts = []
    for number, start in enumerate(range(0, len(images), SHARD)):
        shard = images[start : start + SHARD]
        parts.append(_shard(extractor, shard_key(extractor, image_set, number), shard, progress, start))
    return Extraction(np.concatenate([p.features for p in parts]), np.concatenate([p.probabilities for p in parts]))


def _shard(
    extractor: Extractor, key: str, images: Sequence[Image], progress: Callable[[int], None], start: int
) -> Extraction:
    from safetensors.numpy import load, save

    def pixels() -> Iterator[Pixels]:
        for number, image in enumerate(images):
            progress(start + number)
            yield image.load_pixels()

    def make() -> bytes:
        made = gather(extractor, pixels())
        stored: bytes = save({"features": made.features, "probabilities": made.probabilities})
        return stored

    content.put_once(key, make)
    progress(start + len(images))
    stored = load(content.read(key))
    return Extraction(stored["features"], stored["probabilities"])
