"""The Inception of FID, through torch-fidelity's network, so that numbers equal the literature's.

The weights were ported from TensorFlow and are published by torch-fidelity as one file of tensors. The resize is that of
TensorFlow 1 (bilinear to 299 x 299, no antialias, the whole image) and lies inside the network, as the scaling does.
"""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.features.base import MissingWeights, RefusedWeights
from evaluation.features.network import NetworkExtractor
from evaluation.features.preprocessing import Preprocessing, gray_levels
from evaluation.features.xrv_files import file_digest
from images.pixels import Pixels

if TYPE_CHECKING:
    import torch

PUBLISHED = "inception-2015-12-05"
FILE = "weights-inception-2015-12-05-6726825d.pth"
# As PyTorch names published files: the SHA-256 of the bytes begins with this.
DIGEST_START = "6726825d"
LICENCE = "Apache-2.0 (weights: TensorFlow models; network: torch-fidelity)"
HOW_TO_GET = (
    f"It is {FILE} of release v0.2.0 of torch-fidelity on GitHub (95 MB): put it into the folder torch/hub/checkpoints of "
    "the user's cache (~/.cache, or $TORCH_HOME/hub/checkpoints), or give the path of the file as the weights."
)
SIZE, FEATURES = 299, "2048"


def inception_path() -> Path:
    """Where torch-fidelity keeps its file: PyTorch's hub folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(os.environ["TORCH_HOME"]) if os.environ.get("TORCH_HOME") else cache / "torch"
    return home / "hub" / "checkpoints" / FILE


def inception_preprocessing() -> Preprocessing:
    """Grey levels go in as they are; the network resizes and scales."""
    words = "whole image, bilinear as in TensorFlow 1, not antialiased (inside torch-fidelity's network)"
    return Preprocessing("inception-tf1-299-v1", SIZE, words, "(x - 128) / 128; three equal channels", to_levels)


def to_levels(pixels: Pixels) -> torch.Tensor:
    """(3, h, w) uint8 of (h, w) uint8 or uint16 pixels."""
    import torch

    return torch.from_numpy(gray_levels(pixels).copy())[None].expand(3, -1, -1)


def open_inception(weights: str = PUBLISHED) -> NetworkExtractor:
    """Features: 2048, the last average pool. Raises MissingWeights with the file, its place and how to get it."""
    path = inception_path() if weights == PUBLISHED else Path(weights)
    if not path.is_file():
        raise MissingWeights(f"The weights of Inception are not on this machine: there is no {path.name}. {HOW_TO_GET}")
    extractor = NetworkExtractor(
        name="inception",
        weights=weights if weights == PUBLISHED else path.name,
        weights_digest=_checked_digest(path),
        licence=LICENCE,
        how_to_get=HOW_TO_GET,
        network=_load(path),
        forward=_pool,
        prepared=inception_preprocessing(),
    )
    extractor.onnx.enabled = False  # its resize depends on the size of each image
    return extractor


def _pool(network: Any, inputs: Any) -> tuple[Any, None]:
    return network(inputs)[0], None


def _checked_digest(path: Path) -> str:
    digest = file_digest(path)
    if path.name == FILE and not digest.startswith(DIGEST_START):
        raise RefusedWeights(
            f"{FILE} is damaged: its SHA-256 begins with {digest[:8]}, not {DIGEST_START}. Fetch it again."
        )
    return digest


def _load(path: Path) -> Any:
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    data = path.read_bytes()
    try:
        # torch-fidelity unpickles whatever it is given; these very bytes are first shown to hold tensors only.
        torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        return FeatureExtractorInceptionV3(
            "inception", [FEATURES], feature_extractor_weights_path=io.BytesIO(data)
        ).eval()
    except (pickle.UnpicklingError, RuntimeError, EOFError, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise RefusedWeights(f"{path.name} is not torch-fidelity's file of Inception weights: {reason}") from error
