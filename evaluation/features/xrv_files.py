"""The files that torchxrayvision publishes: their names, their place, fetching them, and a check before they are read.

The library keeps them in its own folder and downloads what is missing by itself; here nothing is downloaded unasked: a
scoring run that finds no weights fails at once and says how to get them. The library's own tables lie behind an import of
torch, so the names are repeated here; a test compares the two.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from evaluation.features.base import ExtractorError, MissingWeights

LICENCE = "Apache-2.0 (torchxrayvision)"
PLACE = Path(".torchxrayvision") / "models_data"
TIMEOUT_SECONDS = (10, 60)

_DENSENET = "densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt"
DENSENET_FILES = {
    "densenet121-res224-all": f"nih-pc-chex-mimic_ch-google-openi-kaggle-{_DENSENET}",
    "densenet121-res224-nih": f"nih-{_DENSENET}",
    "densenet121-res224-pc": f"pc-{_DENSENET}",
    "densenet121-res224-chex": f"chex-{_DENSENET}",
    "densenet121-res224-rsna": f"kaggle-{_DENSENET}",
    "densenet121-res224-mimic_nb": f"mimic_nb-{_DENSENET}",
    "densenet121-res224-mimic_ch": f"mimic_ch-{_DENSENET}",
}
RESNET_FILES = {"resnet50-res512-all": "pc-nih-rsna-siim-vin-resnet50-test512-e400-state.pt"}
AUTOENCODER_FILES = {"101-elastic": "nihpcrsnamimic_ch-resnet101-2-ae-test2-elastic-e250.pt"}
FILES = {**DENSENET_FILES, **RESNET_FILES, **AUTOENCODER_FILES}


def hub_path(weights: str) -> Path:
    """Where torchxrayvision keeps this file. Raises ExtractorError for a name that is not on its list."""
    if weights not in FILES:
        raise ExtractorError(f"Unknown weights {weights!r}. Known: {', '.join(FILES)}.")
    return Path.home() / PLACE / FILES[weights]


def is_hub_file(weights: str) -> bool:
    """Whether the file of these weights is on this machine."""
    return weights in FILES and hub_path(weights).is_file()


def how_to_get(weights: str) -> str:
    """What to do for the file of these weights, in words."""
    return (
        f"With an internet connection, `manage.py extractors --download {weights}` fetches it; without, copy the file "
        "there from another machine."
    )


def published_file(weights: str) -> Path:
    """The file on this machine. Raises MissingWeights with its name, its place and how to get it."""
    path = hub_path(weights)
    if not path.is_file():
        raise MissingWeights(
            f"The weights {weights} are not on this machine: {path.name} is missing from the folder "
            f"~/{PLACE.as_posix()} of the user that runs the worker. {how_to_get(weights)}"
        )
    return path


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_url(weights: str) -> str:
    """Where the library's release has this file."""
    from torchxrayvision import autoencoders, models

    entry: dict[str, Any] = {**models.model_urls, **autoencoders.model_urls}[weights]
    return str(entry["weights_url"])


def download_weights(weights: str) -> Path:
    """Fetch the file from the library's release into the library's folder; returns where it is.

    Raises MissingWeights where the server does not answer in time.
    """
    import requests

    path = hub_path(weights)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".download")
    try:
        with requests.get(weights_url(weights), stream=True, timeout=TIMEOUT_SECONDS) as answer:
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
