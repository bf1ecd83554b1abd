"""torchxrayvision's published DenseNet-121 weights, by their names.

The library keeps them in its own folder and downloads what is missing by itself; here nothing is downloaded unasked: a
scoring run that finds no weights fails at once and says how to get them. The files are pickles of the library's own
release: they are loaded only from its own folder, under its own file names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from evaluation.features.base import ExtractorError, MissingWeights
from evaluation.features.densenet import DenseNetExtractor

LICENCE = "Apache-2.0 (torchxrayvision)"
TIMEOUT_SECONDS = (10, 60)

# The library's own table is behind an import of torch; a test compares the two.
HUB_WEIGHTS = tuple(
    f"densenet121-res224-{name}" for name in ("all", "nih", "pc", "chex", "rsna", "mimic_nb", "mimic_ch")
)


def is_hub_name(weights: str) -> bool:
    """Whether these weights are named as in torchxrayvision's list."""
    return weights in HUB_WEIGHTS


def hub_entry(weights: str) -> dict[str, Any]:
    """The library's own description: weights_url, labels, op_threshs, input_resolution."""
    from torchxrayvision.models import model_urls

    entry: dict[str, Any] = model_urls[weights]
    return entry


def hub_path(weights: str) -> Path:
    """Where torchxrayvision keeps this file."""
    from torchxrayvision.utils import get_cache_dir

    return Path(get_cache_dir()) / Path(hub_entry(weights)["weights_url"]).name


def open_hub_densenet(weights: str) -> DenseNetExtractor:
    """The named DenseNet-121. Raises MissingWeights with the file, its place and how to get it."""
    if not is_hub_name(weights):
        raise ExtractorError(f"Unknown weights {weights!r}. Known: {', '.join(HUB_WEIGHTS)}.")
    path = hub_path(weights)
    if not path.is_file():
        raise MissingWeights(
            f"The weights {weights} are not on this machine: {path.name} is missing from the folder "
            f"~/.torchxrayvision/models_data of the user that runs the worker. With an internet connection, "
            f"`manage.py extractors --download {weights}` fetches it; without, copy the file there from another machine."
        )
    import torchxrayvision as xrv

    network = xrv.models.DenseNet(weights=weights).eval()
    classes = tuple(network.pathologies)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return DenseNetExtractor("xrv-densenet", weights, digest, LICENCE, network, 224, classes, (0.5,) * len(classes))


def download_hub_weights(weights: str) -> Path:
    """Fetch the file from the library's release into the library's folder; returns where it is.

    Raises MissingWeights where the server does not answer in time.
    """
    import requests

    if not is_hub_name(weights):
        raise ExtractorError(f"Unknown weights {weights!r}. Known: {', '.join(HUB_WEIGHTS)}.")
    path = hub_path(weights)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".download")
    try:
        with requests.get(hub_entry(weights)["weights_url"], stream=True, timeout=TIMEOUT_SECONDS) as answer:
            answer.raise_for_status()
            with draft.open("wb") as file:
                for block in answer.iter_content(2**20):
                    file.write(block)
        draft.replace(path)
    except requests.RequestException as error:
        raise MissingWeights(f"{path.name} could not be downloaded: {type(error).__name__}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return path
