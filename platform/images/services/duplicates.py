"""Pictures of a set that are the same to the eye: the same radiograph saved, resized or brightened anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from images.models import Image, ImageSet, ImageSetItem, ImportRun, StagedItem
from images.pixels.similarity import NEAR_BITS, SAME_CORRELATION, correlation, near_pairs, perceptual_hash, thumbnail_of

PAIRS_REPORTED = 200
# Pairs of near hashes that are looked at; a set of thousands of equal pictures has millions.
MAX_CANDIDATES = 20_000
Beat = Callable[[], None]


@dataclass(frozen=True)
class NearPair:
    """Two images of a set, the earlier one first, by their numbers in it, and how alike they are."""

    first: int
    second: int
    bits: int
    correlation: float


@dataclass(frozen=True)
class NearDuplicates:
    """The pairs found. complete: False where there were too many candidates to look at all."""

    pairs: list[NearPair]
    complete: bool

    @property
    def later(self) -> set[int]:
        """The images that an earlier one makes superfluous."""
        return {pair.second for pair in self.pairs}


def find_near_duplicates(image_set: ImageSet, beat: Beat = lambda: None) -> NearDuplicates:
    """Near duplicates within a set; numbers are positions."""
    return _find(ImageSetItem.objects.filter(image_set=image_set).order_by("position"), "position", beat)


def report_of_staged(run: ImportRun, beat: Beat) -> dict[str, Any]:
    """Near duplicates among the images of an import, as its report shows them."""
    found = _find(StagedItem.objects.filter(run=run).order_by("place"), "place", beat)
    shown = found.pairs[:PAIRS_REPORTED]
    places = {number for pair in shown for number in (pair.first, pair.second)}
    files = dict(StagedItem.objects.filter(run=run, place__in=places).values_list("place", "file"))
    pairs = [
        {"first": files[pair.first], "second": files[pair.second], "correlation": round(pair.correlation, 4)}
        for pair in shown
    ]
    return {"count": len(found.pairs), "complete": found.complete, "pairs": pairs}


def _find(items: "QuerySet[Any]", number: str, beat: Beat) -> NearDuplicates:
    fill_looks(items.filter(image__look=None).values_list("image_id", flat=True), beat)
    rows = list(items.values_list(number, "image_id", "image__look").iterator(chunk_size=10_000))
    images = [image for _, image, _ in rows]
    candidates, complete = _candidates(np.array([look for *_, look in rows], np.int64), beat)
    pairs = []
    thumbnail = lru_cache(maxsize=512)(_thumbnail)
    for i, j, bits in candidates:
        beat()
        alike = correlation(thumbnail(images[i]), thumbnail(images[j]))
        if alike >= SAME_CORRELATION:
            pairs.append(NearPair(rows[i][0], rows[j][0], bits, alike))
    return NearDuplicates(pairs, complete)


def _candidates(looks: NDArray[np.int64], beat: Beat) -> tuple[Sequence[tuple[int, int, int]], bool]:
    """Pairs to look at, by their places, and whether they are all. Where they are too many, only the nearest are."""
    found: list[tuple[int, int, int]] = []
    for bits in (NEAR_BITS, NEAR_BITS // 2, 0):
        found = list(islice(_watched(near_pairs(looks, bits), beat), MAX_CANDIDATES + 1))
        if len(found) <= MAX_CANDIDATES:
            return sorted(found), bits == NEAR_BITS
    return sorted(found[:MAX_CANDIDATES]), False


def _watched(pairs: Iterator[tuple[int, int, int]], beat: Beat) -> Iterator[tuple[int, int, int]]:
    for pair in pairs:
        beat()
        yield pair


def fill_looks(images: "QuerySet[Any]", beat: Beat = lambda: None) -> None:
    """Give every image its perceptual hash that was stored before there were any."""
    for pk in list(images.iterator(chunk_size=10_000)):
        beat()
        image = Image.objects.get(pk=pk)
        Image.objects.filter(pk=pk).update(look=perceptual_hash(image.load_pixels()))


def _thumbnail(pk: UUID) -> NDArray[np.float64]:
    return thumbnail_of(Image.objects.get(pk=pk).load_pixels())


def described(image_set: ImageSet, pairs: Sequence[NearPair]) -> Iterator[tuple[ImageSetItem, ImageSetItem, NearPair]]:
    """The pairs with their items."""
    numbers = {number for pair in pairs for number in (pair.first, pair.second)}
    items = {item.position: item for item in image_set.items.filter(position__in=numbers).select_related("image")}
    for pair in pairs:
        yield items[pair.first], items[pair.second], pair
