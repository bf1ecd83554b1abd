"""torchxrayvision's autoencoder (ResNetAE 101-elastic): what an image is to a network that must draw it again.

It has never seen a label, so it is an independent second opinion beside the classifiers.
"""

from __future__ import annotations

from typing import Any

from evaluation.features.base import RefusedWeights
from evaluation.features.network import NetworkExtractor
from evaluation.features.preprocessing import xrv_preprocessing
from evaluation.features.xrv_files import AUTOENCODER_FILES, LICENCE, file_digest, how_to_get, published_file
from evaluation.features.xrv_resnet import check_tensors_only

AUTOENCODER_WEIGHTS = tuple(AUTOENCODER_FILES)
SIZE = 224


def open_xrv_autoencoder(weights: str) -> NetworkExtractor:
    """The named autoencoder. Features: 512, its latent map (512 x 3 x 3) averaged over space."""
    path = published_file(weights)
    check_tensors_only(path)
    import torchxrayvision as xrv

    try:
        network = xrv.autoencoders.ResNetAE(weights=weights).eval()
    except RuntimeError as error:
        raise RefusedWeights(f"{path.name} does not fit its network: {str(error).splitlines()[0]}") from error
    return NetworkExtractor(
        name="xrv-autoencoder",
        weights=weights,
        weights_digest=file_digest(path),
        licence=LICENCE,
        how_to_get=how_to_get(weights),
        network=network,
        forward=_latent_mean,
        prepared=xrv_preprocessing(SIZE),
    )


def _latent_mean(network: Any, inputs: Any) -> tuple[Any, None]:
    return network.encode(inputs).mean(dim=(2, 3)), None
