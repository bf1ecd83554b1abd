"""Drawing primitives in picture coordinates: x runs right and y runs down, both from 0 to 1."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Layer = NDArray[np.float32]
Points = NDArray[np.float64]

# Shapes are drawn this many times larger and averaged down: PIL itself does not antialias.
_OVERSAMPLING = 2


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[Layer, Layer]:
    """Pixel-centre coordinates: x of shape [1, size] and y of shape [size, 1], in picture units."""
    centres = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    centres.setflags(write=False)
    return centres[None, :], centres[:, None]


def smoothstep(distance: Layer, width: float) -> Layer:
    """0 below -width, 1 above +width, cubic between."""
    t = np.clip(distance * np.float32(0.5 / width) + np.float32(0.5), 0, 1)
    return np.asarray(t * t * (np.float32(3) - np.float32(2) * t))


def blur(layer: Layer, sigma: float, size: int) -> Layer:
    """Gaussian blur with `sigma` in picture units."""
    return np.asarray(ndimage.gaussian_filter(layer, sigma * size, mode="nearest", truncate=2.5))


def enlarge(layer: Layer, size: int) -> Layer:
    """Resample a square layer smoothly to `size` pixels a side."""
    picture = Image.fromarray(np.ascontiguousarray(layer, dtype=np.float32))
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))


def cloud(rng: np.random.Generator, cells: int, size: int) -> Layer:
    """Smooth noise with about `cells` bumps a side, mean 0, roughly unit variance."""
    return enlarge(rng.standard_normal((cells, cells), dtype=np.float32), size)


class Pen:
    """Collects antialiased shapes in one layer; a later shape hides an earlier one."""

    def __init__(self, size: int) -> None:
        self._side = size * _OVERSAMPLING
        self._image = Image.new("L", (self._side, self._side))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Points, level: float = 1.0) -> None:
        """Fill a closed outline of shape [n, 2]."""
        self._draw.polygon((points * self._side).ravel().tolist(), fill=round(255 * level))

    def line(self, points: Points, width: float, level: float = 1.0) -> None:
        """Stroke an open line of shape [n, 2]; `width` in picture units, one fine pixel at least."""
        pixels = max(1, round(width * self._side))
        self._draw.line((points * self._side).ravel().tolist(), fill=round(255 * level), width=pixels, joint="curve")

    def segments(self, rows: Iterable[Sequence[float]]) -> None:
        """Stroke straight pieces, each (x0, y0, x1, y1, width, level)."""
        side = self._side
        for x0, y0, x1, y1, width, level in rows:
            pixels = max(1, round(width * side))
            self._draw.line((x0 * side, y0 * side, x1 * side, y1 * side), fill=round(255 * level), width=pixels)

    def layer(self) -> Layer:
        """What was drawn, [size, size], from 0 to 1."""
        return np.asarray(self._image.reduce(_OVERSAMPLING), dtype=np.float32) * np.float32(1 / 255)


def bezier(control: Sequence[Sequence[float]], samples: int = 24) -> Points:
    """A Bezier curve of any degree through its first and last control points, [samples, 2]."""
    points = np.asarray(control, dtype=np.float64)[:, None, :]
    t = np.linspace(0, 1, samples)[None, :, None]
    while len(points) > 1:
        points = points[:-1] * (1 - t) + points[1:] * t
    return np.asarray(points[0])


def ribbon(centre: Points, width: NDArray[np.float64] | float) -> Points:
    """The closed outline of a band of the given width around an open line."""
    tangent = np.gradient(centre, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    offset = normal * np.broadcast_to(np.asarray(width), (len(centre),))[:, None] / 2
    return np.concatenate([centre + offset, (centre - offset)[::-1]])


def closed_curve(points: Sequence[Sequence[float]], samples: int = 8) -> Points:
    """A smooth closed curve through the points (Catmull-Rom), [n * samples, 2]."""
    p1 = np.asarray(points, dtype=np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    a, b = 2 * p1[:, None], (p2 - p0)[:, None]
    c, d = (2 * p0 - 5 * p1 + 4 * p2 - p3)[:, None], (3 * p1 - p0 - 3 * p2 + p3)[:, None]
    return (0.5 * (a + b * t + c * t**2 + d * t**3)).reshape(-1, 2)
