"""Who lies in whose nearest-neighbour ball, counted by block, so that every leave-one-block-out value follows from one pass.

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
    """One set: its points, block numbers (n,) and radii for each k; ``reach``: the largest squared radius of each ball."""

    points: Points
    blocks: IntArray
    radii: list[Radii]
    reach: FloatArray


@dataclass(frozen=True)
class BallCounts:
    """Counts for the balls of one set and one k; b blocks of balls, c blocks of members.

    members (b, m): balls of that block that hold the member; members_without (b, m): balls of all that are left, grown, when the
    block is gone; held (n, c): members of that block in the ball; hit_without (b, n): does the ball, grown, hold any.
    """

    members: CountArray
    members_without: CountArray
    held: CountArray
    hit_without: BoolArray

    @classmethod
    def empty(cls, balls: Side, others: Side) -> BallCounts:
        b, c, n, m = (
            int(size)
            for size in (balls.blocks.max() + 1, others.blocks.max() + 1, len(balls.points), len(others.points))
        )
        return cls(
            np.zeros((b, m), dtype=np.int32),
            np.zeros((b, m), dtype=np.int32),
            np.zeros((n, c), dtype=np.int32),
            np.zeros((b, n), dtype=np.bool_),
        )

    def add(self, hits: _Hits, balls: Side, others: Side, radii: Radii) -> None:
        """Count the pairs whose distance is at most the ball's radius."""
        inside = hits.distances <= radii.full[hits.ball]
        ball, member = hits.ball[inside], hits.member[inside]
        _increment(self.members, balls.blocks[ball], member)
        _increment(self.held, ball, others.blocks[member])
        if len(radii.without):
            grown = hits.distances[:, None] <= radii.without[:, hits.ball].T
            grown[np.arange(len(grown)), balls.blocks[hits.ball]] = False
            pair, block = np.nonzero(grown)
            _increment(self.members_without, block, hits.member[pair])
            self.hit_without[block, hits.ball[pair]] = True


@dataclass(frozen=True)
class _Hits:
    """Pairs of a ball and a member with their squared distance."""

    ball: IntArray
    member: IntArray
    distances: FloatArray

    def parts(self) -> list[_Hits]:
        cuts = [slice(start, start + PAIRS) for start in range(0, len(self.ball), PAIRS)]
        return [_Hits(self.ball[c], self.member[c], self.distances[c]) for c in cuts]


def _increment(table: CountArray, row: IntArray, column: IntArray) -> None:
    np.add.at(table.reshape(-1), row * table.shape[1] + column, np.int32(1))


def count_balls(
    x: Features, y: Features, blocks_x: IntArray | None, blocks_y: IntArray | None, ks: Sequence[int]
) -> tuple[list[BallCounts], list[BallCounts]]:
    """Counts for the balls of x and for those of y, for each k. With blocks None there are no leave-out counts."""
    radii = [_radii(features, blocks, ks) for features, blocks in ((x, blocks_x), (y, blocks_y))]
    points = points_of(x, y)
    whole = [np.zeros(len(p), dtype=np.intp) for p in points]
    left, right = (
        Side(p, zeros if blocks is None else blocks, r, _reach(r))
        for p, zeros, blocks, r in zip(points, whole, (blocks_x, blocks_y), radii, strict=True)
    )
    counts = [BallCounts.empty(left, right) for _ in ks], [BallCounts.empty(right, left) for _ in ks]
    for rows in tiles(len(x)):
        for columns in tiles(len(y)):
            tile = screened_distances(left.points, rows, right.points, columns)
            tolerance = slack(left.points, rows, right.points, columns)
            for own, other, found, axis in ((left, right, counts[0], 0), (right, left, counts[1], 1)):
                hits = _hits(tile, own, other, rows, columns, tolerance, axis)
                for part in hits.parts():
                    for k_counts, k_radii in zip(found, own.radii, strict=True):
                        k_counts.add(part, own, other, k_radii)
    return counts


def _radii(x: Features, blocks: IntArray | None, ks: Sequence[int]) -> list[Radii]:
    """About the set's own centre, so that a set far from the other one keeps its float32 digits."""
    return neighbour_radii(Points.around(x, column_means(x)), tuple(ks), blocks)


def _reach(radii: list[Radii]) -> FloatArray:
    reach: FloatArray = np.vstack([np.vstack([r.full[None], r.without]) for r in radii]).max(axis=0)
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
