"""Folders as transformers writes them: found on this machine, checked before anything is loaded, named by a digest.

Weights are a folder, or the id of a repository (owner/name, or owner/name@revision) whose files lie in the hub's cache.
Nothing is downloaded, only safetensors are read, and no code of a folder's is ever run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evaluation.features.base import MissingWeights, RefusedWeights
from evaluation.features.xrv_files import file_digest

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack"}
# What decides the output: weights, configurations, vocabularies.
DECIDING = {".safetensors", ".json", ".txt", ".model"}
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


def how_to_get(repository: str) -> str:
    """What to do for a repository of the hub, in words."""
    name = repository.split("@")[0]
    return (
        f"With an internet connection, `hf download {name} --exclude '*.bin' '*.h5' '*.msgpack'` fetches it into the hub's "
        "cache of the user that runs the worker; without, copy that folder from another machine (anywhere, and give its path)."
    )


def is_here(weights: str) -> bool:
    """Whether the folder exists, or the hub's cache holds this repository."""
    return _folder_of(weights) is not None


def find_folder(weights: str, what: str) -> Path:
    """The folder of these weights. Raises MissingWeights with how to get them, RefusedWeights for pickles."""
    folder = _folder_of(weights)
    if folder is None:
        how = how_to_get(weights) if HUB_ID.fullmatch(weights) else "Give a folder, or a repository's id (owner/name)."
        raise MissingWeights(f"The weights of {what} are not on this machine: {weights}. {how}")
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
        if pickles:
            raise RefusedWeights(
                f"{folder.name} holds its weights as a pickle ({pickles[0]}), which can run any code when it is opened. Convert "
                f"it where you trust it: python -c \"from transformers import AutoModel as M; M.from_pretrained('{folder}')"
                ".save_pretrained('FOLDER')\", with the class of the network in place of AutoModel."
            )
        raise MissingWeights(f"{folder.name} has no file of weights (*.safetensors).")
    return folder


def _folder_of(weights: str) -> Path | None:
    if weights and Path(weights).is_dir():
        return Path(weights)
    if not HUB_ID.fullmatch(weights):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, _, revision = weights.partition("@")
    try:
        return Path(snapshot_download(repository, revision=revision or None, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
        return None


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object of the folder's. Raises RefusedWeights where it is missing or is none."""
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedWeights(f"{folder.name}: {name} is missing or is not JSON.") from error
    if not isinstance(value, dict):
        raise RefusedWeights(f"{folder.name}: {name} is not a JSON object.")
    return value


def model_type(folder: Path) -> str:
    """What config.json says it is, or nothing."""
    try:
        return str(read_json(folder, CONFIG).get("model_type", ""))
    except RefusedWeights:
        return ""


def check_model_type(folder: Path, allowed: Iterable[str]) -> None:
    """Raises RefusedWeights where config.json names another network."""
    found, known = read_json(folder, CONFIG).get("model_type"), sorted(allowed)
    if found not in known:
        raise RefusedWeights(f"{folder.name}: {CONFIG} says {found!r}; this extractor loads {', '.join(known)}.")


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and digests of the files that decide the output; the place of the folder does not count."""
    lines = [
        f"{path.name}\0{file_digest(path)}\n"
        for path in sorted(folder.iterdir())
        if path.suffix in DECIDING and path.is_file()
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def label_of(weights: str) -> str:
    """How weights are written in a score: a repository's id as it is, a folder by its name."""
    return Path(weights).name if Path(weights).is_dir() else weights


def licence_of(weights: str, published: tuple[str, ...], licence: str) -> str:
    """The licence of published weights; of any other we know none."""
    return licence if weights.split("@")[0] in published else "see where the weights came from"


def load_pretrained(model_class: Any, folder: Path) -> Any:
    """The network of the folder in float32, from safetensors only. Raises RefusedWeights where they do not fit."""
    import torch
    from safetensors import SafetensorError

    try:
        network, report = model_class.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise RefusedWeights(f"{folder.name}: its weights are damaged or do not fit {CONFIG}: {reason}") from error
    if lacking := sorted(report["missing_keys"]):
        raise RefusedWeights(f"{folder.name}: its weights lack {lacking[0]} and {len(lacking) - 1} more.")
    return network.eval()
