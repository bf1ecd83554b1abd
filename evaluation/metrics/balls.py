"""Who lies in whose nearest-neighbour ball: of all images, and of many halves of both sets in the same pass.

A ball is centred on an image of one set, with the distance to that image's k-th neighbour in its own set as radius; its
members are images of the other set. A point on the edge is inside. Only pairs within the largest radius of interest are kept,
a few for each image, so that the cost beside the matrix products is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.gaussian import Features, column_means
from evaluation.metrics.neighbours import (
    SCREEN,
    Float32Array,
    Points,
    Radii,
    exact_pairs,
    neighbour_radii,
    points_of,
    screened_distances,
    slack,
    tiles,
)
from evaluation.metrics.result import BoolArray, FloatArray, IntArray

# Pairs that are counted at a time: memory stays bounded where all images are alike and every pair is a hit.
PAIRS = 2**17

CountArray = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Side:
    """One set: its points, halves (s, n) and radii for each k; ``reach``: the largest squared radius of each ball."""

    points: Points
    halves: BoolArray
    radii: list[Radii]
    reach: FloatArray


@dataclass(frozen=True)
class BallCounts:
    """Counts for the n balls of one set and one k, over the m points of the other, with s splits into halves.

    members (m,): balls that hold the member; held (n,): members that the ball holds; hit: does it hold any. members_halved (s, m),
    hit_halved (s, n): the same where a half of one set meets the half of that number of the other, with the radii in their half.
    """

    members: CountArray
    held: CountArray
    members_halved: CountArray
    hit_halved: BoolArray

    @classmethod
    def empty(cls, balls: Side, others: Side) -> BallCounts:
        splits, n, m = len(balls.halves), len(balls.points), len(others.points)
        return cls(
            np.zeros(m, dtype=np.int32),
            np.zeros(n, dtype=np.int32),
            np.zeros((splits, m), dtype=np.int32),
            np.zeros((splits, n), dtype=np.bool_),
        )

    @property
    def hit(self) -> BoolArray:
        """(n,) does the ball hold any."""
        return self.held > 0

    def add(self, hits: _Hits, balls: Side, others: Side, radii: Radii) -> None:
        """Count the pairs whose distance is at most the ball's radius."""
        inside = hits.distances <= radii.full[hits.ball]
        np.add.at(self.members, hits.member[inside], np.int32(1))
        np.add.at(self.held, hits.ball[inside], np.int32(1))
        tables = zip(balls.halves, others.halves, radii.halved, self.members_halved, self.hit_halved, strict=True)
        for own, other, halved, members, hit in tables:
            near = np.flatnonzero(hits.distances <= halved[hits.ball])
            ball, member = hits.ball[near], hits.member[near]
            together = own[ball] == other[member]
            np.add.at(members, member[together], np.int32(1))
            hit[ball[together]] = True


@dataclass(frozen=True)
class _Hits:
    """Pairs of a ball and a member with their squared distance."""

    ball: IntArray
    member: IntArray
    distances: FloatArray

    def parts(self) -> list[_Hits]:
        cuts = [slice(start, start + PAIRS) for start in range(0, len(self.ball), PAIRS)]
        return [_Hits(self.ball[c], self.member[c], self.distances[c]) for c in cuts]


def count_balls(
    x: Features, y: Features, ks: Sequence[int], halves: Sequence[BoolArray] = ()
) -> tuple[list[BallCounts], list[BallCounts]]:
    """Counts for the balls of x and for those of y, for each k. halves: (s, n) of x and (s, m) of y, or none."""
    own = list(halves) or [np.zeros((0, len(features)), dtype=np.bool_) for features in (x, y)]
    radii = [_radii(features, half, ks) for features, half in zip((x, y), own, strict=True)]
    left, right = (Side(p, h, r, _reach(r)) for p, h, r in zip(points_of(x, y), own, radii, strict=True))
    counts = [BallCounts.empty(left, right) for _ in ks], [BallCounts.empty(right, left) for _ in ks]
    for rows in tiles(len(x)):
        for columns in tiles(len(y)):
            tile = screened_distances(left.points, rows, right.points, columns)
            tolerance = slack(left.points, rows, right.points, columns)
            for balls, others, found, axis in ((left, right, counts[0], 0), (right, left, counts[1], 1)):
                hits = _hits(tile, balls, others, rows, columns, tolerance, axis)
                for part in hits.parts():
                    for k_counts, k_radii in zip(found, balls.radii, strict=True):
                        k_counts.add(part, balls, others, k_radii)
    return counts


def _radii(x: Features, halves: BoolArray, ks: Sequence[int]) -> list[Radii]:
    """About the set's own centre, so that a set far from the other one keeps its float32 digits."""
    return neighbour_radii(Points.around(x, column_means(x)), tuple(ks), halves)


def _reach(radii: list[Radii]) -> FloatArray:
    reach: FloatArray = np.vstack([np.vstack([r.full[None], r.halved]) for r in radii]).max(axis=0)
    return reach


def _hits(
    tile: Float32Array, balls: Side, others: Side, rows: slice, columns: slice, tolerance: float, axis: int
) -> _Hits:
    """Pairs of the tile within the ball's reach; those near an edge are measured exactly. Balls are rows (axis 0) or columns."""
    own, its = (rows, columns) if axis == 0 else (columns, rows)
    limit = (balls.reach[own] + tolerance).astype(np.float32)
    place = np.nonzero(tile <= (limit[:, None] if axis == 0 else limit))
    distances = tile[place].astype(np.float64)
    ball, member = own.start + place[axis], its.start + place[1 - axis]
    rounding = SCREEN * (balls.points.squares[ball] + others.points.squares[member])
    unsure = np.zeros(len(ball), dtype=np.bool_)
    for radii in balls.radii:
        unsure |= np.abs(distances - radii.full[ball]) <= rounding
    distances[unsure] = exact_pairs(balls.points, ball[unsure], others.points, member[unsure])
    return _Hits(ball, member, distances)
