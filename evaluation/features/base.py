"""What an extractor is: a network that turns radiographs into features, and class probabilities where it has classes.

This package imports torch inside functions only, so that pages can list extractors without loading it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from images.pixels import Pixels

# Part of every fingerprint: raise it when the code changes what comes out.
CODE_VERSION = "1"


class ExtractorError(ValueError):
    """An extractor cannot be opened or used; the message says what to do."""


class UnknownExtractor(ExtractorError):
    """There is no extractor of this name."""


class MissingWeights(ExtractorError):
    """The weights are not on this machine."""


class RefusedWeights(ExtractorError):
    """The weights are of a kind that is not loaded, or do not fit their network."""


class InputOutOfRange(ExtractorError):
    """An image is not in the range that the network was made for."""


@dataclass(frozen=True)
class Extraction:
    """Rows in the order of the images: features (n, d) float32, probabilities (n, c) float32 (c may be 0)."""

    features: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]


class Extractor(Protocol):
    """One opened network. ``thresholds``: operating point of each class, on the scale of the probabilities."""

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> str: ...
    @property
    def weights_digest(self) -> str: ...
    @property
    def preprocessing(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def thresholds(self) -> tuple[float, ...]: ...
    @property
    def fingerprint(self) -> str: ...

    def extract(self, images: Iterable[Pixels]) -> Iterator[Extraction]:
        """One Extraction a batch. Which batch an image is in does not change its row beyond float32 rounding."""
        ...


def fingerprint_of(name: str, weights_digest: str, preprocessing: str) -> str:
    """SHA-256 over all that decides an extractor's output: code version, network, weights, preprocessing."""
    parts = ("negatoscope-extractor", CODE_VERSION, name, weights_digest, preprocessing)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def gather(extractor: Extractor, images: Iterable[Pixels]) -> Extraction:
    """All batches in one."""
    batches = list(extractor.extract(images))
    if not batches:
        raise ExtractorError("There are no images to extract features from.")
    return Extraction(np.concatenate([b.features for b in batches]), np.concatenate([b.probabilities for b in batches]))
