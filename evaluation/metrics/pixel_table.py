"""What the pixel metrics need of every picture, from one pass over the pixels.

A row holds a few hundred numbers; the pictures themselves are not kept. At most MAX_PICTURES of a set are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft

from evaluation.metrics.resampling import halves, whole_groups
from evaluation.metrics.result import FloatArray, IntArray, MetricError, Sample, Settings

MAX_PICTURES = 2000
LEVELS = 256
SMALLEST = 64
# Variance of rounding to 8 bits: power below it is the file format's, not the picture's.
ROUNDING = 1 / 12 / 255**2

# Pictures kept in memory while one comparison runs: 1,000 of 256 x 256 in float32 are 256 MiB.
KEPT_PICTURES = 1000

Picture = npt.NDArray[np.float32]


def keeping_pixels(sample: Sample) -> Sample:
    """The same sample, whose first KEPT_PICTURES loaded pictures stay in memory: several families read the same ones."""
    load = sample.load_pixels
    if load is None or isinstance(load, _Keeping):
        return sample
    return replace(sample, load_pixels=_Keeping(load))


class _Keeping:
    """A loader that keeps what came first. Nothing is evicted: passes are sequential, and an LRU would never hit."""

    def __init__(self, load: Callable[[int], Picture]) -> None:
        self._load = load
        self._kept: dict[int, Picture] = {}

    def __call__(self, index: int) -> Picture:
        if index in self._kept:
            return self._kept[index]
        picture = self._load(index)
        if len(self._kept) < KEPT_PICTURES:
            self._kept[index] = picture
        return picture


@dataclass(frozen=True)
class PixelTable:
    """Row i of everything is one picture.

    spectrum: (n, s / 2) log10 of the mean power at 1 ... s / 2 cycles a width, s the pictures' side in pixels; levels: (n, 256)
    share of pixels at each grey level.
    """

    groups: tuple[str, ...]
    spectrum: FloatArray
    levels: FloatArray

    @property
    def n(self) -> int:
        return len(self.groups)

    def take(self, index: IntArray) -> PixelTable:
        """The given rows."""
        return PixelTable(tuple(self.groups[i] for i in index), self.spectrum[index], self.levels[index])

    def halves(self, n: int, seed: int) -> tuple[PixelTable, PixelTable] | None:
        """Two disjoint halves of whole groups at equal n, or None below 5 groups a half."""
        rows = np.arange(self.n, dtype=np.float64)[:, None]
        pair = halves(Sample(rows, self.groups), n, seed)
        if pair is None:
            return None
        first, second = (self.take(part.features[:, 0].astype(np.intp)) for part in pair)
        return first, second


def pixel_table(sample: Sample, settings: Settings) -> PixelTable:
    """The table of a sample's pictures, of at most MAX_PICTURES in whole groups (seeded).

    Raises MetricError where the pictures are not square, gray and of one size of at least 64.
    """
    if sample.load_pixels is None:
        raise MetricError("The images' pixels are not at hand.")
    cut = whole_groups(sample, MAX_PICTURES, settings.seed)
    assert cut.load_pixels is not None
    rows = []
    side = 0
    for index in range(cut.n):
        picture = np.asarray(cut.load_pixels(index), dtype=np.float32)
        side = side or len(picture)
        if picture.shape != (side, side) or side < SMALLEST:
            raise MetricError("The pictures must be square, gray and of one size of at least 64 pixels.")
        if not np.isfinite(picture).all():
            raise MetricError("A picture contains NaN or infinity.")
        rows.append((power_spectrum(picture), grey_levels(picture)))
    return PixelTable(
        cut.groups,
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
    )


def power_spectrum(picture: Picture) -> FloatArray:
    """(s / 2,) log10 of the mean power over rings of 1 ... s / 2 cycles a width.

    Hann window over both axes after the mean is taken off; white noise of variance v has power v at every frequency.
    """
    side = len(picture)
    window, ring, weight = _rings(side)
    centred = (picture - picture.mean(dtype=np.float64)) * window
    power = np.abs(fft.rfft2(centred)) ** 2 / float((window.astype(np.float64) ** 2).sum())
    sums = np.bincount(ring.ravel(), weights=(power * weight).ravel(), minlength=side // 2 + 1)
    counts = np.bincount(ring.ravel(), weights=weight.ravel(), minlength=side // 2 + 1)
    return np.asarray(np.log10((sums / counts)[1 : side // 2 + 1] + ROUNDING))


@lru_cache(maxsize=4)
def _rings(side: int) -> tuple[Picture, IntArray, FloatArray]:
    """Window (s, s), ring of every coefficient of rfft2, and how often the coefficient stands in the full transform."""
    hann = np.hanning(side + 1)[:side]
    across, down = np.arange(side // 2 + 1), np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(down[:, None], across)).astype(np.intp)
    weight = np.full(ring.shape, 2.0)
    weight[:, 0] = 1
    if side % 2 == 0:
        weight[:, -1] = 1
    return np.outer(hann, hann).astype(np.float32), ring, weight


def grey_levels(picture: Picture) -> FloatArray:
    """(256,) share of pixels nearest to each of the levels 0, 1/255, ... 1."""
    level = np.clip(np.rint(picture * (LEVELS - 1)), 0, LEVELS - 1).astype(np.intp)
    return np.bincount(level.ravel(), minlength=LEVELS) / picture.size
