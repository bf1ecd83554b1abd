"""The points that the figures draw and that their CSV files hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.roc import Curve, mean_roc, roc
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats

# More points than this cannot be told apart in a figure.
MOST_POINTS = 200
PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True, slots=True)
class RocPoints:
    """An ROC curve as points; reader is "mean" for the mean over readers."""

    reader: str
    false_positive: tuple[float, ...]
    true_positive: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TimeBox:
    """Active seconds on images of one source at `PERCENTILES`."""

    source: str
    n: int
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plots:
    """roc: every reader who rated cases of both classes, then the mean. times: per source, real first."""

    roc: tuple[RocPoints, ...]
    times: tuple[TimeBox, ...]


def plots_of(table: RatingTable) -> Plots:
    """Points of the figures; first readings."""
    first = table.primary()
    curves = reader_curves(first)
    points = [_thinned(curve) for curve in curves]
    if curves:
        points.append(_thinned(mean_roc(curves), "mean"))
    return Plots(tuple(points), tuple(box for source in first.sources if (box := _box(first, source))))


def reader_curves(first: RatingTable) -> list[Curve]:
    """ROC curve of every reader who rated cases of both classes."""
    rated = first.where(~np.isnan(first.rating))
    curves = []
    for reader in rated.readers:
        own = rated.where(rated.reader == reader)
        try:
            curves.append(roc(own.rating[own.truth == 1], own.rating[own.truth == 0], reader))
        except NotEstimable:
            continue
    return curves


def _thinned(curve: Curve, name: str = "") -> RocPoints:
    n = len(curve.false_positive)
    keep = np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(np.int64))
    return RocPoints(name or curve.label, _at(curve.false_positive, keep), _at(curve.true_positive, keep))


def _at(values: Floats, keep: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in np.asarray(values)[keep])


def _box(first: RatingTable, source: str) -> TimeBox | None:
    seconds = first.seconds[(first.source == source) & ~np.isnan(first.seconds)]
    if not seconds.size:
        return None
    return TimeBox(source, int(seconds.size), tuple(float(value) for value in np.percentile(seconds, PERCENTILES)))
