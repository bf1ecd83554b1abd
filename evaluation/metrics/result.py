"""What a metric takes and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Direction = Literal["lower", "higher", "match"]
Progress = Callable[[str], None]


class MetricError(ValueError):
    """The input of a metric cannot be used."""


class TooFewImages(MetricError):
    """There are fewer images, prompts or patients than the statistic needs."""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval. ``n`` counts images, or pairs where the method says so."""

    value: float
    low: float
    high: float
    n: int
    method: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricResult:
    """One score: a number with interval, or the reason why there is none.

    ``baseline`` is the same statistic on real images alone (the noise floor of a distance, the
    real images' own diversity, the classifier on the reference), so that the value has a yardstick.
    """

    metric: str
    direction: Direction
    n: int
    method: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    finding: str = ""
    baseline: Estimate | None = None
    baseline_label: str = ""
    refused: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """``seed`` drives every subsample and the assignment of groups to jackknife blocks."""

    seed: int = 0
    blocks: int = 20
    neighbours: int = 5
    confidence: float = 0.95


@dataclass(frozen=True)
class Sample:
    """The images of one set as numbers; row i of everything is the same image.

    features: (n, d) activations; groups: n labels, the unit that was sampled (prompt or patient);
    probabilities: (n, c) or None, one column per class of ``classes``, with ``thresholds`` (c);
    findings: n tuples of what the image shows or was asked to show, empty = unknown;
    load_pixels: index -> (h, w) float32 in [0, 1].
    """

    features: FloatArray
    groups: tuple[str, ...]
    findings: tuple[tuple[str, ...], ...] = ()
    classes: tuple[str, ...] = ()
    probabilities: FloatArray | None = None
    thresholds: tuple[float, ...] = ()
    load_pixels: Callable[[int], npt.NDArray[np.float32]] | None = None

    def __post_init__(self) -> None:
        rows = len(self.features)
        lengths = {len(self.groups), len(self.findings or self.groups)}
        if self.probabilities is not None:
            lengths.add(len(self.probabilities))
        if lengths != {rows}:
            raise MetricError(f"A sample's parts differ in length: {sorted(lengths | {rows})}.")
        if not np.isfinite(self.features).all():
            raise MetricError("Features contain NaN or infinity; check the images and the weights.")

    @property
    def n(self) -> int:
        return len(self.features)

    @property
    def n_groups(self) -> int:
        return len(set(self.groups))

    def take(self, index: IntArray) -> Sample:
        """The sub-sample of the given rows, in the given order."""
        load = self.load_pixels
        return Sample(
            features=self.features[index],
            groups=tuple(self.groups[i] for i in index),
            findings=tuple(self.findings[i] for i in index) if self.findings else (),
            classes=self.classes,
            probabilities=None if self.probabilities is None else self.probabilities[index],
            thresholds=self.thresholds,
            load_pixels=None if load is None else lambda i: load(int(index[i])),
        )


def as_features(x: npt.ArrayLike) -> FloatArray:
    """(n, d) float64, finite, n >= 2."""
    features = np.asarray(x, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise TooFewImages("Features must be a table of at least 2 rows.")
    if not np.isfinite(features).all():
        raise MetricError("Features contain NaN or infinity; check the images and the weights.")
    return features
