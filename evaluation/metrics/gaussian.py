"""Mean and covariance of features, with the one root of the covariance that Fréchet distances need.

The statistics of a sample of features that was seen a moment ago are remembered by the digest of its content, so that one
reference is decomposed once however many sets are compared with it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.linalg import lapack

from evaluation.metrics.result import FloatArray, MetricError, TooFewImages

Features = npt.NDArray[np.floating[Any]]

# Rows that are turned to float64 at a time: the memory stays bounded whatever the sample's size.
CHUNK = 4096
REMEMBERED = 4


@dataclass(frozen=True)
class Gaussian:
    """What the distance needs of one sample: mean (d,), trace of the covariance, a root (r, d) of it, rows."""

    mean: FloatArray
    trace: float
    root: FloatArray
    n: int

    @property
    def dimensions(self) -> int:
        return len(self.mean)


def as_table(x: npt.ArrayLike) -> Features:
    """(n, d) finite rows, n >= 2, in the precision they come in (float32 stays float32)."""
    features = np.asarray(x)
    if features.dtype not in (np.float32, np.float64):
        features = features.astype(np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise TooFewImages("Features must be a table of at least 2 rows.")
    if not all(np.isfinite(features[rows]).all() for rows in chunks(len(features))):
        raise MetricError("Features contain NaN or infinity; check the images and the weights.")
    return features


def chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    """Slices that cover n rows."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def column_means(x: Features) -> FloatArray:
    """(d,) means, summed in float64."""
    return np.asarray(x.mean(axis=0, dtype=np.float64))


def features_to_gaussian(x: npt.ArrayLike) -> Gaussian:
    """Mean, trace and covariance root of (n, d) features; unbiased covariance (n - 1), in float64."""
    features = as_table(x)
    n, d = features.shape
    mean = column_means(features)
    if n <= d:
        root = (features - mean) / np.sqrt(n - 1)
        return Gaussian(mean, float(np.einsum("ij,ij->", root, root)), root, n)
    covariance = np.zeros((d, d))
    for rows in chunks(n):
        centred = features[rows] - mean
        covariance += centred.T @ centred
    covariance /= n - 1
    return Gaussian(mean, float(np.trace(covariance)), covariance_root(covariance), n)


def covariance_root(covariance: FloatArray) -> FloatArray:
    """(r, d) B with B'B = covariance: Cholesky, or eigenvectors where it is singular (dead features)."""
    try:
        return np.ascontiguousarray(linalg.cholesky(covariance, lower=False, check_finite=False))
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(covariance, check_finite=False)
        keep = values > values[-1] * len(values) * np.finfo(float).eps
        return np.ascontiguousarray((vectors[:, keep] * np.sqrt(values[keep])).T)


def conjugated(root: FloatArray, covariance: FloatArray) -> FloatArray:
    """B S B' for the root B (r, d) of another covariance; only the lower triangle counts where B is triangular."""
    if len(root) == len(covariance) and not np.tril(root, -1).any():
        # LAPACK's reduction of the generalised symmetric problem: a third of the work of two products.
        product, info = lapack.dsygst(covariance.T, root.T, itype=2, lower=1)
        if info == 0:
            return np.asarray(product)
    return np.asarray(root @ covariance @ root.T)


_remembered: OrderedDict[tuple[object, ...], Gaussian] = OrderedDict()


def remembered_gaussian(x: npt.ArrayLike) -> Gaussian:
    """`features_to_gaussian`, kept by the SHA-256 of the features' bytes for the last few samples that were asked for."""
    features = np.ascontiguousarray(as_table(x))
    key = (hashlib.sha256(features.data.cast("B")).digest(), features.shape, features.dtype.str)
    if key not in _remembered:
        _remembered[key] = features_to_gaussian(features)
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    _remembered.move_to_end(key)
    return _remembered[key]
