"""What a metric takes and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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

    ``finding``: the finding it is of; ``subgroup``: the part of the images it is of ("sex=F"); ``space``: the extractor whose
    features it was computed on, empty for the first one. ``baseline`` is the same statistic on real images alone (the noise
    floor of a distance, the real images' own diversity, the classifier on the reference), so that the value has a yardstick.
    """

    metric: str
    direction: Direction
    n: int
    method: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    finding: str = ""
    subgroup: str = ""
    space: str = ""
    baseline: Estimate | None = None
    baseline_label: str = ""
    refused: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


def scored(
    metric: str,
    direction: Direction,
    estimate: Estimate,
    *,
    finding: str = "",
    baseline: Estimate | None = None,
    baseline_label: str = "",
    extra: Mapping[str, Any] | None = None,
) -> MetricResult:
    """The estimate as a score of this metric; ``extra`` is added to the estimate's own. The label counts only with a baseline."""
    return MetricResult(
        metric=metric,
        direction=direction,
        n=estimate.n,
        method=estimate.method,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        finding=finding,
        baseline=baseline,
        baseline_label=baseline_label if baseline else "",
        extra={**estimate.extra, **(extra or {})},
    )


@dataclass(frozen=True)
class Settings:
    """``seed`` drives every subsample and the assignment of groups to jackknife blocks.

    ``operating_point``: where a classifier calls a finding present: at the threshold that comes with its weights, or where
    Youden's index is largest on the reference.
    """

    seed: int = 0
    blocks: int = 20
    neighbours: int = 5
    confidence: float = 0.95
    operating_point: Literal["weights", "youden"] = "weights"


@dataclass(frozen=True)
class Look:
    """A network at hand. features: (m row numbers, side) -> (m, d) features of those pictures shrunk to side x side pixels.

    input_size: side of the network's own input, to which it brings every picture.
    """

    input_size: int
    features: Callable[[IntArray, int], npt.NDArray[np.floating[Any]]]

    def of(self, index: IntArray) -> Look:
        """The same for a sub-sample of the given rows."""
        return Look(self.input_size, lambda rows, side: self.features(index[rows], side))


@dataclass(frozen=True)
class Space:
    """What one extractor made of the images: features (n, d), and where it reads text the captions' embeddings (n, d).

    section_features: embeddings (n, d) of one section of every report by its name, NaN where a report has no such section.
    look: the extractor itself, for shrunken pictures.
    """

    features: npt.NDArray[np.floating[Any]]
    text_features: npt.NDArray[np.floating[Any]] | None = None
    section_features: Mapping[str, npt.NDArray[np.floating[Any]]] = field(default_factory=dict)
    look: Look | None = None


@dataclass(frozen=True)
class Sample:
    """The images of one set as numbers; row i of everything is the same image.

    features: (n, d) activations; groups: n labels, the unit that was sampled (prompt or patient);
    probabilities: (n, c) or None, one column per class of ``classes``, with ``thresholds`` (c);
    findings: n tuples of what the image shows or was asked to show, empty = unknown;
    load_pixels: index -> (h, w) float32 in [0, 1]; sides: n sides in pixels of the pictures' middle squares as they are stored;
    load_square: (index, side) -> (side, side) uint8, the middle square; look: the network of ``features``;
    captions: n prompts or reports; ages (None = unknown), sexes, views (empty = unknown); digests: n content digests;
    text_features: (n, d) embeddings of the captions in the space of ``features``; section_features: those of single sections of
    the captions by name (NaN = no such section); spaces: further extractors by name.
    sided_probabilities: (n, 2, c) or None, the probabilities of the image with its left half ([:, 0], as one looks at it)
    and with its right half ([:, 1]) replaced by the mirror of the other; NaN where they were not made;
    uncertain: n tuples of findings of which it is not known whether the image shows them (labels kept apart as uncertain).
    An attribute that is an empty tuple is unknown for all.
    """

    features: npt.NDArray[np.floating[Any]]
    groups: tuple[str, ...]
    findings: tuple[tuple[str, ...], ...] = ()
    classes: tuple[str, ...] = ()
    probabilities: FloatArray | None = None
    thresholds: tuple[float, ...] = ()
    load_pixels: Callable[[int], npt.NDArray[np.float32]] | None = None
    sides: tuple[int, ...] = ()
    load_square: Callable[[int, int], npt.NDArray[np.uint8]] | None = None
    look: Look | None = None
    captions: tuple[str, ...] = ()
    ages: tuple[int | None, ...] = ()
    sexes: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    text_features: npt.NDArray[np.floating[Any]] | None = None
    section_features: Mapping[str, npt.NDArray[np.floating[Any]]] = field(default_factory=dict)
    spaces: Mapping[str, Space] = field(default_factory=dict)
    sided_probabilities: FloatArray | None = None
    uncertain: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        rows = len(self.features)
        lengths = {len(self.groups)}
        lengths |= {len(part) for part in (getattr(self, name) for name in _ROWS) if part is not None and len(part)}
        lengths |= {len(space.features) for space in self.spaces.values()}
        lengths |= {len(part) for part in self.section_features.values()}
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

    def in_space(self, name: str) -> Sample:
        """The same images with the features of another extractor; the empty name is the first one."""
        if not name:
            return self
        space = self.spaces[name]
        return replace(
            self,
            features=space.features,
            text_features=space.text_features,
            section_features=space.section_features,
            look=space.look,
            spaces={},
        )

    def take(self, index: IntArray) -> Sample:
        """The sub-sample of the given rows, in the given order."""
        load, load_square = self.load_pixels, self.load_square
        rows: dict[str, Any] = {name: _take(getattr(self, name), index) for name in _ROWS}
        spaces = {
            name: Space(
                space.features[index],
                _take(space.text_features, index),
                _take_each(space.section_features, index),
                space.look and space.look.of(index),
            )
            for name, space in self.spaces.items()
        }
        return replace(
            self,
            features=self.features[index],
            groups=_take(self.groups, index),
            load_pixels=None if load is None else lambda i: load(int(index[i])),
            load_square=None if load_square is None else lambda i, side: load_square(int(index[i]), side),
            look=self.look and self.look.of(index),
            section_features=_take_each(self.section_features, index),
            spaces=spaces,
            **rows,
        )


_ROWS = (
    "findings", "probabilities", "captions", "ages", "sexes", "views", "digests", "text_features", "sided_probabilities",
    "uncertain", "sides",
)  # fmt: skip


def _take(part: Any, index: IntArray) -> Any:
    """Rows of a tuple or an array; what is not there stays away."""
    if isinstance(part, tuple):
        return tuple(part[i] for i in index) if part else ()
    return None if part is None else part[index]


def _take_each(parts: Mapping[str, Any], index: IntArray) -> dict[str, Any]:
    return {name: part[index] for name, part in parts.items()}


@dataclass(frozen=True)
class Comparison:
    """What a metric is computed from. ``training``: the images that the model learnt from, where they are known."""

    synthetic: Sample
    reference: Sample
    settings: Settings = Settings()
    training: Sample | None = None

    def in_space(self, name: str) -> Comparison:
        """The same comparison on the features of another extractor."""
        training = self.training
        return replace(
            self,
            synthetic=self.synthetic.in_space(name),
            reference=self.reference.in_space(name),
            training=training.in_space(name) if training and (not name or name in training.spaces) else None,
        )


def as_features(x: npt.ArrayLike) -> FloatArray:
    """(n, d) float64, finite, n >= 2."""
    features = np.asarray(x, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise TooFewImages("Features must be a table of at least 2 rows.")
    if not np.isfinite(features).all():
        raise MetricError("Features contain NaN or infinity; check the images and the weights.")
    return features
