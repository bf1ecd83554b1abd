"""A small DenseNet with seeded random weights: for tests and for trying the machinery, never for conclusions."""

from __future__ import annotations

import hashlib

from evaluation.features.base import ExtractorError
from evaluation.features.densenet import densenet_extractor
from evaluation.features.network import NetworkExtractor

SIZE = 64
CLASSES = ("Cardiomegaly", "Effusion", "Pneumothorax", "Consolidation", "Nodule", "Mass", "Pneumonia")
HOW_TO_GET = "drawn from its seed"


def open_random_densenet(weights: str = "") -> NetworkExtractor:
    """The network of the seed that ``weights`` says (0 if empty)."""
    import torch
    import torchxrayvision as xrv

    try:
        seed = int(weights or 0)
    except ValueError as error:
        raise ExtractorError("The weights of random-densenet are a seed: a whole number, or nothing.") from error
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = xrv.models.DenseNet(
            weights=None, num_classes=len(CLASSES), growth_rate=8, block_config=(2, 2, 2), num_init_features=16
        ).eval()
    digest = hashlib.sha256(b"".join(t.numpy().tobytes() for t in network.state_dict().values())).hexdigest()
    thresholds = (0.5,) * len(CLASSES)
    extractor = densenet_extractor(
        "random-densenet", str(seed), digest, network, SIZE, CLASSES, thresholds, how_to_get=HOW_TO_GET
    )
    extractor.onnx.enabled = False  # too small for an export to pay
    return extractor
