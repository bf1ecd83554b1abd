"""torchxrayvision's ResNet-50 at 512 x 512: features and the probabilities of its pathologies in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.features.base import RefusedWeights
from evaluation.features.densenet import probabilities
from evaluation.features.network import NetworkExtractor
from evaluation.features.preprocessing import xrv_preprocessing
from evaluation.features.xrv_files import LICENCE, RESNET_FILES, file_digest, how_to_get, published_file

RESNET_WEIGHTS = tuple(RESNET_FILES)
SIZE = 512


def open_xrv_resnet(weights: str) -> NetworkExtractor:
    """The named ResNet. Features: 2048, the globally averaged activations before its classifier."""
    path = published_file(weights)
    check_tensors_only(path)
    import torchxrayvision as xrv

    try:
        network = xrv.models.ResNet(weights=weights).eval()
    except RuntimeError as error:
        raise RefusedWeights(f"{path.name} does not fit its network: {str(error).splitlines()[0]}") from error
    classes = tuple(network.pathologies)
    return NetworkExtractor(
        name="xrv-resnet",
        weights=weights,
        weights_digest=file_digest(path),
        licence=LICENCE,
        how_to_get=how_to_get(weights),
        network=network,
        forward=_features_and_outputs,
        prepared=xrv_preprocessing(SIZE),
        classes=classes,
        thresholds=(0.5,) * len(classes),
        finish=probabilities,
        convolutional=True,
    )


def _features_and_outputs(network: Any, inputs: Any) -> tuple[Any, Any]:
    features = network.features(inputs)
    return features, network.model.fc(features)


def check_tensors_only(path: Path) -> None:
    """Raises RefusedWeights for a file that holds more than tensors: the library would run what is in it."""
    import pickle

    import torch

    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise RefusedWeights(
            f"{path.name} is damaged or is not the published file: it does not hold tensors only. Delete it and fetch it again."
        ) from error
