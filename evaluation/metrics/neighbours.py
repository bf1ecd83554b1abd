"""Exact nearest neighbours at float32 speed.

Distances are screened in float32 matrix products, tile by tile; whatever decides (the nearest candidates, and pairs within
rounding of a radius) is computed again in float64 from differences, so that equal rows are at distance exactly 0.
Within one set only half of the tiles are made: each serves its rows and its columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from evaluation.metrics.gaussian import Features, as_table, column_means
from evaluation.metrics.result import BoolArray, FloatArray, IntArray, MetricError

TILE = 1024
# Differences of this many values at a time stay in a core's cache.
CACHED_VALUES = 2**16
# Nearest rows that are measured exactly: a few beyond k for rounding, more where only half of the rows will count.
SPARE, CANDIDATES = 3, 32
# Relative rounding of a float32 squared distance, with room: pairs this close to a radius are decided in float64.
SCREEN = 1e-5

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Points:
    """(n, d) rows as they came, the same in float32 about a common centre, and the squared norms of those."""

    rows: Features
    screen: Float32Array
    squares: Float32Array

    @classmethod
    def around(cls, x: Features, centre: FloatArray) -> Points:
        screen = np.empty(x.shape, dtype=np.float32)
        squares = np.empty(len(x), dtype=np.float32)
        for part in tiles(len(x)):
            exact: FloatArray = x[part].astype(np.float64) - centre
            screen[part] = exact.astype(np.float32)
            squares[part] = np.einsum("ij,ij->i", exact, exact).astype(np.float32)
        return cls(x, screen, squares)

    def __len__(self) -> int:
        return len(self.rows)


def points_of(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Points, Points]:
    """Both samples about the second one's centre. Raises MetricError where their features differ in length."""
    left, right = as_table(x), as_table(y)
    if left.shape[1] != right.shape[1]:
        raise MetricError("The two samples have features of different length.")
    centre = column_means(right)
    return Points.around(left, centre), Points.around(right, centre)


def tiles(n: int) -> Iterator[slice]:
    """Slices of nearly equal size, at most TILE rows, that cover n rows."""
    edges = np.linspace(0, n, -(-n // TILE) + 1).astype(int)
    return (slice(int(start), int(stop)) for start, stop in pairwise(edges))


def screened_distances(a: Points, rows: slice, b: Points, columns: slice) -> Float32Array:
    """(rows, columns) squared distances in float32; rounding may take one below 0."""
    distances: Float32Array = np.asarray((a.screen[rows] * np.float32(-2)) @ b.screen[columns].T, dtype=np.float32)
    distances += a.squares[rows, None]
    distances += b.squares[columns]
    return distances


def slack(a: Points, rows: slice, b: Points, columns: slice) -> float:
    """What rounding may add to or take from a screened distance of the tile."""
    return SCREEN * (float(a.squares[rows].max()) + float(b.squares[columns].max()))


def exact_pairs(a: Points, i: IntArray, b: Points, j: IntArray) -> FloatArray:
    """Squared distances of the pairs (i, j) in float64, from differences."""
    result = np.empty(len(i))
    step = max(1, CACHED_VALUES // a.rows.shape[1])
    for start in range(0, len(i), step):
        part = slice(start, start + step)
        difference = a.rows[i[part]].astype(np.float64)
        difference -= b.rows[j[part]]
        result[part] = np.einsum("ij,ij->i", difference, difference)
    return result


class Nearest:
    """The ``count`` nearest of what was offered, for each of n rows: index and screened distance (n, count)."""

    def __init__(self, n: int, count: int) -> None:
        self.index = np.zeros((n, count), dtype=np.intp)
        self.distances = np.full((n, count), np.inf, dtype=np.float32)
        self.bounds = np.full(n, np.inf, dtype=np.float32)
        self._filled = np.zeros(n, dtype=np.bool_)

    def offer(self, rows: slice, tile: Float32Array, first: int) -> None:
        """Distances of the rows to others, numbered from ``first``."""
        if not self._filled[rows].all():
            self._offer_first(rows, tile, first)
            return
        hit_rows, hit_columns = np.nonzero(tile < self.bounds[rows, None])
        self._merge(rows.start + hit_rows, first + hit_columns, tile[hit_rows, hit_columns])

    def offer_columns(self, tile: Float32Array, first_row: int, columns: slice) -> None:
        """The same distances seen from the columns of the tile, which already have neighbours."""
        hit_rows, hit_columns = np.nonzero(tile < self.bounds[columns])
        order = np.argsort(hit_columns, kind="stable")
        hit_rows, hit_columns = hit_rows[order], hit_columns[order]
        self._merge(columns.start + hit_columns, first_row + hit_rows, tile[hit_rows, hit_columns])

    def _offer_first(self, rows: slice, tile: Float32Array, first: int) -> None:
        count = self.index.shape[1]
        pool = np.concatenate([self.distances[rows], tile], axis=1)
        names = np.concatenate([self.index[rows], np.tile(first + np.arange(tile.shape[1]), (len(tile), 1))], axis=1)
        near = np.argpartition(pool, count - 1, axis=1)[:, :count]
        self.index[rows], self.distances[rows] = np.take_along_axis(names, near, 1), np.take_along_axis(pool, near, 1)
        self.bounds[rows] = self.distances[rows].max(axis=1)
        self._filled[rows] = np.isfinite(self.bounds[rows])

    def _merge(self, rows: IntArray, names: IntArray, distances: Float32Array) -> None:
        """Hits, sorted by row, among what the rows have: the nearest stay."""
        if not len(rows):
            return
        count = self.index.shape[1]
        changed, starts, sizes = np.unique(rows, return_index=True, return_counts=True)
        line, place = np.repeat(np.arange(len(changed)), sizes), np.arange(len(rows)) - np.repeat(starts, sizes)
        pool = np.full((len(changed), count + int(sizes.max())), np.inf, dtype=np.float32)
        index = np.zeros(pool.shape, dtype=np.intp)
        pool[:, :count], index[:, :count] = self.distances[changed], self.index[changed]
        pool[line, count + place], index[line, count + place] = distances, names
        near = np.argpartition(pool, count - 1, axis=1)[:, :count]
        self.index[changed], self.distances[changed] = (np.take_along_axis(part, near, 1) for part in (index, pool))
        self.bounds[changed] = self.distances[changed].max(axis=1)

    def sorted_exactly(self, a: Points, b: Points) -> tuple[IntArray, FloatArray]:
        """(n, count) nearest rows of b for every row of a and their exact squared distances, ascending."""
        n, count = self.index.shape
        exact = exact_pairs(a, np.repeat(np.arange(n), count), b, self.index.ravel()).reshape(n, count)
        order = np.argsort(exact, axis=1, kind="stable")
        return np.take_along_axis(self.index, order, 1), np.take_along_axis(exact, order, 1)


def neighbours_within(points: Points, count: int) -> tuple[IntArray, FloatArray]:
    """(n, count) nearest other rows of the same set and their exact squared distances, ascending."""
    parts = list(tiles(len(points)))
    nearest = Nearest(len(points), min(count, len(points) - 1))
    for rows in parts:
        tile = screened_distances(points, rows, points, rows)
        np.fill_diagonal(tile, np.inf)
        nearest.offer(rows, tile, rows.start)
    for number, rows in enumerate(parts):
        for columns in parts[number + 1 :]:
            tile = screened_distances(points, rows, points, columns)
            nearest.offer(rows, tile, columns.start)
            nearest.offer_columns(tile, rows.start, columns)
    return nearest.sorted_exactly(points, points)


@dataclass(frozen=True)
class Radii:
    """Squared distance to the k-th neighbour: of all rows (n,), and within a row's own half, for each split (s, n)."""

    full: FloatArray
    halved: FloatArray


def neighbour_radii(points: Points, ks: tuple[int, ...], halves: BoolArray | None = None) -> list[Radii]:
    """Squared k-th nearest-neighbour distance of every row within its own set (itself excluded), exact, for each k.

    halves: (s, n) the half that a row is in, for each split, at least two rows each; where a half has fewer than k + 1 rows, the
    radius is the distance to its farthest.
    """
    splits = np.zeros((0, len(points)), dtype=np.bool_) if halves is None else halves
    wanted = max(CANDIDATES, 5 * max(ks)) if len(splits) else max(ks) + SPARE
    candidates, distances = neighbours_within(points, wanted)
    _certify(points, candidates, distances, max(ks))
    found = [Radii(distances[:, k - 1].copy(), np.empty(splits.shape)) for k in ks]
    for split, half in enumerate(splits):
        count = np.cumsum(half[candidates] == half[:, None], axis=1, dtype=np.int16)
        for k, radii in zip(ks, found, strict=True):
            radii.halved[split] = _halved(points, k, half, count, distances)
    return found


def _certify(points: Points, candidates: IntArray, distances: FloatArray, k: int) -> None:
    """Look again, among all rows, for those whose k-th neighbour rounding may have hidden (clusters of near-duplicates)."""
    if candidates.shape[1] == len(points) - 1:
        return
    rounding = SCREEN * (points.squares + points.squares[candidates].max(axis=1))
    unsure = np.flatnonzero((distances[:, k - 1] > 0) & (distances[:, -1] - 2 * rounding <= distances[:, k - 1]))
    everything = slice(0, len(points))
    for start in range(0, len(unsure), TILE // 4):
        rows = unsure[start : start + TILE // 4].astype(np.intp)
        part = Points(points.rows[rows], points.screen[rows], points.squares[rows])
        tile = screened_distances(part, slice(0, len(rows)), points, everything)
        tile[np.arange(len(rows)), rows] = np.inf
        limit = distances[rows, -1] + slack(part, slice(0, len(rows)), points, everything)
        line, near = np.nonzero(tile <= limit[:, None].astype(np.float32))
        exact = exact_pairs(part, line, points, near)
        order = np.lexsort((exact, line))
        place = np.arange(len(line)) - np.searchsorted(line, line)
        first = order[place < candidates.shape[1]]
        target = rows[line[first]], place[place < candidates.shape[1]]
        candidates[target], distances[target] = near[first], exact[first]


def _halved(points: Points, k: int, half: BoolArray, count: npt.NDArray[np.int16], distances: FloatArray) -> FloatArray:
    """(n,) radii within a row's own half; count (n, candidates): those up to there that are in its half."""
    enough = count >= k
    radii: FloatArray = distances[np.arange(len(points)), enough.argmax(axis=1)]
    for row in np.flatnonzero(~enough[:, -1]):
        radii[row] = _radius_among(points, int(row), half == half[row], k)
    return radii


def _radius_among(points: Points, row: int, keep: BoolArray, k: int) -> float:
    """The k-th neighbour distance of one row among the kept rows: for rows whose near candidates all left."""
    others = np.flatnonzero(keep)
    others = others[others != row].astype(np.intp)
    distances = exact_pairs(points, np.full(len(others), row, dtype=np.intp), points, others)
    return float(np.partition(distances, min(k, len(distances)) - 1)[min(k, len(distances)) - 1])


def nearest_to(x: npt.ArrayLike, y: npt.ArrayLike, k: int) -> tuple[IntArray, FloatArray]:
    """For every row of x (n, d) the k nearest rows of y (m, d): indices (n, k) and Euclidean distances (n, k)."""
    a, b = (np.atleast_2d(np.asarray(side)) for side in (x, y))
    a, b = (side if side.dtype in (np.float32, np.float64) else side.astype(np.float64) for side in (a, b))
    centre = column_means(b)
    left, right = Points.around(a, centre), Points.around(b, centre)
    k = min(k, len(right))
    count = min(k + SPARE, len(right))
    nearest = Nearest(len(left), count)
    for rows in tiles(len(left)):
        for columns in tiles(len(right)):
            nearest.offer(rows, screened_distances(left, rows, right, columns), columns.start)
    index, squares = nearest.sorted_exactly(left, right)
    return index[:, :k], np.sqrt(squares[:, :k])
