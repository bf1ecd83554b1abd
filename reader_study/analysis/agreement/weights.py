"""Agreement weights: how much two different answers still agree."""

from collections.abc import Sequence

import numpy as np

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Floats


def identity_weights(categories: Sequence[float]) -> Floats:
    """(q, q) weights that count only equal answers as agreement."""
    return np.eye(len(categories))


def linear_weights(categories: Sequence[float]) -> Floats:
    """(q, q) agreement weights 1 - |a - b| / range, from the categories' values."""
    distance, span = _distances(categories)
    return np.asarray(1 - distance / span)


def quadratic_weights(categories: Sequence[float]) -> Floats:
    """(q, q) agreement weights 1 - (a - b)^2 / range^2, from the categories' values."""
    distance, span = _distances(categories)
    return np.asarray(1 - distance**2 / span**2)


def ordinal_weights(categories: Sequence[float]) -> Floats:
    """(q, q) agreement weights 1 - C(d + 1, 2) / C(q, 2) with d the distance in ranks (Gwet 2014, table 3.4).

    Only the order of the categories counts. Not the distance of Krippendorff's ordinal alpha, which uses mid-ranks.
    """
    ranks = np.argsort(np.argsort(np.asarray(categories, dtype=np.float64)))
    q = ranks.size
    if q < 2:
        raise AnalysisError("Weights need at least two categories.")
    steps = np.abs(np.subtract.outer(ranks, ranks)).astype(np.float64)
    return np.asarray(1 - steps * (steps + 1) / (q * (q - 1)))


def _distances(categories: Sequence[float]) -> tuple[Floats, float]:
    values = np.asarray(categories, dtype=np.float64)
    if values.size < 2 or not values.max() > values.min():
        raise AnalysisError("Weights need at least two different categories.")
    return np.abs(np.subtract.outer(values, values)), float(values.max() - values.min())
