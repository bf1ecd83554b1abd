"""Running a torchxrayvision DenseNet: features and class probabilities in one pass."""

from __future__ import annotations

from typing import Any

from evaluation.features.network import NetworkExtractor
from evaluation.features.preprocessing import xrv_preprocessing


def densenet_extractor(
    name: str,
    weights: str,
    weights_digest: str,
    network: Any,
    input_size: int,
    classes: tuple[str, ...],
    thresholds: tuple[float, ...],
    *,
    licence: str = "",
    how_to_get: str = "",
) -> NetworkExtractor:
    """A torchxrayvision.models.DenseNet in evaluation mode.

    Features are the globally averaged activations after the last ReLU (``features2``), probabilities those of its own
    forward pass (sigmoid, moved so that the operating point is 0.5 where the weights bring operating points of their own).
    """
    return NetworkExtractor(
        name=name,
        weights=weights,
        weights_digest=weights_digest,
        licence=licence,
        how_to_get=how_to_get,
        network=network,
        forward=_features_and_outputs,
        prepared=xrv_preprocessing(input_size),
        classes=classes,
        thresholds=thresholds,
        finish=probabilities,
        convolutional=True,
    )


def _features_and_outputs(network: Any, inputs: Any) -> tuple[Any, Any]:
    features = network.features2(inputs)
    return features, network.classifier(features)


def probabilities(network: Any, outputs: Any) -> Any:
    """What the network's own forward pass makes of its classifier's outputs."""
    import torch
    from torchxrayvision.models import op_norm

    scores = torch.sigmoid(outputs)
    return scores if network.op_threshs is None else op_norm(scores, network.op_threshs.to(scores.device))
