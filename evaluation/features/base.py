"""What an extractor is: a network that turns radiographs into features, and class probabilities where it has classes.

This package imports torch inside functions only, so that pages can list extractors without loading it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from images.pixels import Pixels

# Part of every fingerprint: raise it when the code changes what comes out.
CODE_VERSION = "3"

FLOAT32, BF16 = "float32", "bf16"


class ExtractorError(ValueError):
    """An extractor cannot be opened or used; the message says what to do."""


class UnknownExtractor(ExtractorError):
    """There is no extractor of this name."""


class MissingWeights(ExtractorError):
    """The weights, or the library that reads them, are not on this machine."""


class RefusedWeights(ExtractorError):
    """The weights are of a kind that is not loaded, or do not fit their network."""


class InputOutOfRange(ExtractorError):
    """An image is not in the range that the network was made for."""


class ReadsNoText(ExtractorError):
    """Captions were given to a network that looks at images only."""


@dataclass(frozen=True)
class Extraction:
    """Rows in the order of the images: features (n, d) float32, probabilities (n, c) float32 (c may be 0)."""

    features: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]


# Pixels, or a function that loads them: then they are loaded when their turn comes, on several threads before a GPU.
Picture = Pixels | Callable[[], Pixels]


class Extractor(Protocol):
    """One opened network. ``thresholds``: operating point of each class, on the scale of the probabilities."""

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> str: ...
    @property
    def weights_digest(self) -> str: ...
    @property
    def preprocessing(self) -> str:
        """Its name, which is part of the fingerprint."""
        ...

    @property
    def input_size(self) -> int:
        """Side of the network's input in pixels."""
        ...

    @property
    def filter(self) -> str:
        """In words: how an image comes to that size."""
        ...

    @property
    def scaling(self) -> str:
        """In words: how grey levels become the network's input."""
        ...

    @property
    def licence(self) -> str: ...
    @property
    def how_to_get(self) -> str:
        """In words: where the weights come from."""
        ...

    @property
    def precision(self) -> str:
        """float32, or bf16 where it was asked for."""
        ...

    @property
    def engine(self) -> str:
        """What computes: torch, or ONNX Runtime once it has shown that it agrees with torch."""
        ...

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def thresholds(self) -> tuple[float, ...]: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def reads_text(self) -> bool: ...

    def extract(self, images: Iterable[Picture]) -> Iterator[Extraction]:
        """One Extraction a batch. Which batch an image is in does not change its row beyond float32 rounding."""
        ...

    def embed_text(self, captions: Sequence[str]) -> npt.NDArray[np.float32]:
        """(n, d) float32 in the space of the image features, not normalised. Raises ReadsNoText where there is none."""
        ...


def fingerprint_of(name: str, weights_digest: str, preprocessing: str, precision: str = FLOAT32) -> str:
    """SHA-256 over all that decides an extractor's output: code version, network, weights, preprocessing, precision."""
    parts = ("negatoscope-extractor", CODE_VERSION, name, weights_digest, preprocessing, precision)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def gather(extractor: Extractor, images: Iterable[Picture]) -> Extraction:
    """All batches in one."""
    batches = list(extractor.extract(images))
    if not batches:
        raise ExtractorError("There are no images to extract features from.")
    return Extraction(np.concatenate([b.features for b in batches]), np.concatenate([b.probabilities for b in batches]))
