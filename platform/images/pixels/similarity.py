"""Pictures that are the same to the eye and not to the byte: saved again, resized, brightened."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from images.pixels.geometry import resize
from images.pixels.types import Pixels

# Among 45,000 pairs of radiographs of different patients (NIH ChestX-ray14) none was nearer than 6 bits; saving as JPEG of
# quality 50, halving the size and stretching the contrast moved 99 of 100 radiographs by at most 4.
NEAR_BITS = 4
# Fewer than 5 bits that differ leave one of 5 bands equal.
_BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))
_SIDE, _BLOCK, _THUMBNAIL = 32, 512, 64
# What makes two pictures with near hashes the same: see docs/datasets.md for how it was chosen.
SAME_CORRELATION = 0.99


def perceptual_hash(pixels: Pixels) -> int:
    """64 bits, as a signed integer, that change little when a picture is resized, compressed or brightened.

    pixels: (height, width). The signs of the 8 x 8 lowest frequencies of the cosine transform of a 32 x 32 reduction,
    about their median without the mean level (the pHash of Zauner, "Implementation and benchmarking of perceptual image
    hash functions", 2010).
    """
    small = resize(pixels, (_SIDE, _SIDE)).astype(np.float64)
    waves = dctn(small, norm="ortho")[:8, :8].ravel()
    bits = waves > np.median(waves[1:])
    return int(np.packbits(bits).view(">i8")[0])


def thumbnail_of(pixels: Pixels) -> NDArray[np.float64]:
    """A 64 x 64 reduction as a vector (4096,) of mean 0 and length 1; zeros for a picture of one level."""
    small = resize(pixels, (_THUMBNAIL, _THUMBNAIL)).astype(np.float64).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return small / length if length > 0 else small


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson correlation of two pictures by their `thumbnail_of`."""
    return float(one @ other)


def near_pairs(hashes: NDArray[np.int64], bits: int = NEAR_BITS) -> Iterator[tuple[int, int, int]]:
    """Pairs (i, j, distance) with i < j whose hashes differ in at most `bits` bits (at most 4), each pair once.

    Only hashes that agree in one of five bands are compared, so that the work grows far slower than the number of pairs.
    """
    if not 0 <= bits <= NEAR_BITS:
        raise ValueError(f"The distance must be between 0 and {NEAR_BITS} bits.")
    words = np.asarray(hashes, np.int64).view(np.uint64)
    for number, (start, width) in enumerate(_BANDS):
        band = _band(words, start, width)
        order = np.argsort(band, kind="stable")
        edges = np.flatnonzero(np.diff(band[order])) + 1
        for rows in (part for part in np.split(order, edges) if len(part) > 1):
            yield from _pairs_within(words, np.sort(rows), bits, number)


def _band(words: NDArray[np.uint64], start: int, width: int) -> NDArray[np.uint64]:
    return (words >> np.uint64(start)) & np.uint64((1 << width) - 1)


def _pairs_within(
    words: NDArray[np.uint64], rows: NDArray[np.intp], bits: int, number: int
) -> Iterator[tuple[int, int, int]]:
    """Pairs among `rows`, which agree in band `number`, without those that an earlier band has found."""
    for at in range(0, len(rows), _BLOCK):
        block = rows[at : at + _BLOCK]
        different = words[block][:, None] ^ words[rows][None, :]
        counts = np.bitwise_count(different)
        first, second = np.nonzero((counts <= bits) & (rows[None, :] > block[:, None]))
        for i, j in zip(first, second, strict=True):
            if not any(_band(different[i, j], start, width) == 0 for start, width in _BANDS[:number]):
                yield int(block[i]), int(rows[j]), int(counts[i, j])
