"""torchxrayvision's published DenseNet-121 weights, by their names.

The files are pickles of the library's own release: they are loaded only from its own folder, under its own file names.
"""

from __future__ import annotations

from evaluation.features.densenet import densenet_extractor
from evaluation.features.network import NetworkExtractor
from evaluation.features.xrv_files import DENSENET_FILES, LICENCE, file_digest, how_to_get, published_file

HUB_WEIGHTS = tuple(DENSENET_FILES)


def is_hub_name(weights: str) -> bool:
    """Whether these weights are named as in torchxrayvision's list."""
    return weights in HUB_WEIGHTS


def open_hub_densenet(weights: str) -> NetworkExtractor:
    """The named DenseNet-121. Raises MissingWeights with the file, its place and how to get it."""
    path = published_file(weights)
    import torchxrayvision as xrv

    network = xrv.models.DenseNet(weights=weights).eval()
    classes = tuple(network.pathologies)
    return densenet_extractor(
        "xrv-densenet",
        weights,
        file_digest(path),
        network,
        224,
        classes,
        (0.5,) * len(classes),
        licence=LICENCE,
        how_to_get=how_to_get(weights),
    )
