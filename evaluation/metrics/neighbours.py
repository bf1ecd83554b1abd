"""Exact nearest-neighbour radii at float32 speed.

Distances are screened in float32 matrix products; whatever decides (the nearest candidates, and pairs within rounding
of a radius) is computed again in float64 from differences, so that equal rows are at distance exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.result import BoolArray, FloatArray, IntArray

CHUNK = 1024
# Differences of this many values at a time stay in a core's cache.
CACHED_VALUES = 2**16
# Nearest rows that are measured exactly: a few beyond k for rounding, more where blocks of rows will leave.
SPARE, CANDIDATES = 3, 27
# Relative rounding of a float32 squared distance, with room: pairs this close to a radius are decided in float64.
SCREEN = 1e-5

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Points:
    """(n, d) rows in float64 and float32, and their squared norms, all about one common centre."""

    exact: FloatArray
    screen: Float32Array
    squares: Float32Array

    @classmethod
    def around(cls, x: FloatArray, centre: FloatArray) -> Points:
        exact = x - centre
        screen = exact.astype(np.float32)
        return cls(exact, screen, np.einsum("ij,ij->i", exact, exact).astype(np.float32))

    def __len__(self) -> int:
        return len(self.exact)


def screened_distances(a: Points, rows: slice, b: Points) -> Float32Array:
    """(rows, m) squared distances in float32, never negative."""
    distances = a.screen[rows] @ b.screen.T
    distances *= -2
    distances += a.squares[rows, None]
    distances += b.squares
    np.maximum(distances, 0, out=distances)
    return distances


def exact_pairs(a: Points, i: IntArray, b: Points, j: IntArray) -> FloatArray:
    """Squared distances of the pairs (i, j) in float64, from differences."""
    result = np.empty(len(i))
    step = max(1, CACHED_VALUES // a.exact.shape[1])
    for start in range(0, len(i), step):
        part = slice(start, start + step)
        difference = a.exact[i[part]]
        difference -= b.exact[j[part]]
        result[part] = np.einsum("ij,ij->i", difference, difference)
    return result


def within(distances: Float32Array, a: Points, rows: slice, b: Points, radii: FloatArray, axis: int) -> BoolArray:
    """distances <= radii, ties counted and decided exactly; radii belong to a's rows (axis 0) or b's (axis 1)."""
    limit = radii[rows, None] if axis == 0 else radii[None, :]
    limit32 = limit.astype(np.float32)
    hits: BoolArray = distances <= limit32
    slack = SCREEN * (a.squares[rows, None] + b.squares)
    close_i, close_j = np.nonzero(np.abs(distances - limit32) <= slack)
    if len(close_i):
        i = close_i + (rows.start or 0)
        own = radii[i] if axis == 0 else radii[close_j]
        hits[close_i, close_j] = exact_pairs(a, i, b, close_j) <= own
    return hits


@dataclass(frozen=True)
class Radii:
    """Squared distance to the k-th neighbour: of all rows (n,), and without each block (b, n)."""

    full: FloatArray
    without: FloatArray


def neighbour_radii(points: Points, k: int, blocks: IntArray | None = None) -> Radii:
    """Squared k-th nearest-neighbour distance of every row within its own set (itself excluded), exact.

    blocks: (n,) block numbers; ``without[b]`` are the radii when block b's rows are gone.
    """
    wanted = k + SPARE if blocks is None else max(CANDIDATES, k + SPARE)
    candidates, distances = _nearest(points, min(wanted, len(points) - 1))
    full = distances[:, k - 1].copy()
    count = 0 if blocks is None else int(blocks.max()) + 1
    without = np.empty((count, len(points)))
    for block in range(count):
        assert blocks is not None
        stays = blocks[candidates] != block
        position = (np.cumsum(stays, axis=1) >= k).argmax(axis=1)
        without[block] = distances[np.arange(len(points)), position]
        for row in np.flatnonzero(stays.sum(axis=1) < k):
            without[block, row] = _radius_among(points, int(row), blocks != block, k)
    return Radii(full, without)


def _nearest(points: Points, count: int) -> tuple[IntArray, FloatArray]:
    """(n, count) nearest rows and their exact squared distances, ascending."""
    n = len(points)
    index, distances = np.empty((n, count), dtype=np.intp), np.empty((n, count))
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        screen = screened_distances(points, rows, points)
        own = np.arange(rows.start, rows.stop)
        screen[own - start, own] = np.inf
        near = np.argpartition(screen, count - 1, axis=1)[:, :count]
        exact = exact_pairs(points, np.repeat(own, count), points, near.ravel()).reshape(len(own), count)
        order = np.argsort(exact, axis=1, kind="stable")
        index[rows], distances[rows] = np.take_along_axis(near, order, 1), np.take_along_axis(exact, order, 1)
    return index, distances


def _radius_among(points: Points, row: int, keep: BoolArray, k: int) -> float:
    """The k-th neighbour distance of one row among the kept rows: for rows whose near candidates all left."""
    others = np.flatnonzero(keep)
    others = others[others != row]
    difference = points.exact[others] - points.exact[row]
    distances = np.einsum("ij,ij->i", difference, difference)
    return float(np.partition(distances, min(k, len(distances)) - 1)[min(k, len(distances)) - 1])


def nearest_to(x: npt.ArrayLike, y: npt.ArrayLike, k: int) -> tuple[IntArray, FloatArray]:
    """For every row of x (n, d) the k nearest rows of y (m, d): indices (n, k) and Euclidean distances (n, k)."""
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    centre = right.mean(axis=0)
    a, b = Points.around(left, centre), Points.around(right, centre)
    k = min(k, len(b))
    index, distances = np.empty((len(a), k), dtype=np.intp), np.empty((len(a), k))
    for start in range(0, len(a), CHUNK):
        rows = slice(start, min(start + CHUNK, len(a)))
        screen = screened_distances(a, rows, b)
        near = np.argpartition(screen, k - 1, axis=1)[:, :k]
        own = np.repeat(np.arange(rows.start, rows.stop), k)
        exact = exact_pairs(a, own, b, near.ravel()).reshape(-1, k)
        order = np.argsort(exact, axis=1, kind="stable")
        index[rows], distances[rows] = np.take_along_axis(near, order, 1), np.take_along_axis(exact, order, 1)
    return index, np.sqrt(distances)
