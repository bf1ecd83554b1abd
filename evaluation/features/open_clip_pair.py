"""BiomedCLIP-class image-text pairs in open_clip's format (optional extra `openclip`).

A folder holds open_clip_config.json, open_clip_model.safetensors, the tokenizer's files and, where the text encoder is one
of transformers', its config.json. Nothing else is looked for, so that a folder says all that it needs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.features.base import MissingWeights, RefusedWeights
from evaluation.features.channels import FILTERS, channel_preprocessing, checked_spec
from evaluation.features.hf_folder import (
    CONFIG,
    find_folder,
    folder_digest,
    how_to_get,
    is_here,
    label_of,
    read_json,
)
from evaluation.features.network import NetworkExtractor
from evaluation.features.preprocessing import Preprocessing

OPEN_CLIP_CONFIG = "open_clip_config.json"
OPEN_CLIP_WEIGHTS = ("microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224",)
LICENCE = "MIT (BiomedCLIP, Microsoft)"
INSTALL = "The library open_clip is not installed: pip install 'negatoscope[openclip]'."


def is_installed() -> bool:
    """Whether the optional library is there."""
    return importlib.util.find_spec("open_clip") is not None


def open_clip_is_here(weights: str) -> bool:
    """Whether both the library and the folder are there."""
    return is_installed() and is_here(weights)


def open_open_clip(weights: str) -> NetworkExtractor:
    """A pair in open_clip's format. Features and text: its two projections (512 in BiomedCLIP), not normalised."""
    if not is_installed():
        raise MissingWeights(INSTALL)
    folder = find_folder(weights, "an open_clip pair")
    config = read_json(folder, OPEN_CLIP_CONFIG).get("model_cfg")
    if not isinstance(config, dict) or not isinstance(config.get("text_cfg"), dict):
        raise RefusedWeights(f"{folder.name}: {OPEN_CLIP_CONFIG} has no model_cfg with a text_cfg.")
    network = _load(folder, dict(config["text_cfg"]))
    return NetworkExtractor(
        name="open-clip",
        weights=label_of(weights),
        weights_digest=folder_digest(folder),
        licence=LICENCE if weights in OPEN_CLIP_WEIGHTS else "",
        how_to_get=how_to_get(weights),
        network=network,
        forward=_projection,
        prepared=_preprocessing(network, folder),
        texts=_texts(folder),
    )


def _load(folder: Path, text: dict[str, Any]) -> Any:
    import open_clip

    if text.get("hf_model_name"):
        if not (folder / CONFIG).is_file():
            raise MissingWeights(
                f"{folder.name} lacks {CONFIG} of its text encoder: put that of {text['hf_model_name']} beside the weights."
            )
        text["hf_model_name"] = str(folder)
        text["hf_model_pretrained"] = False
    try:
        return open_clip.create_model(f"local-dir:{folder}", text_cfg=text, require_pretrained=True).float().eval()
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise RefusedWeights(f"{folder.name}: open_clip cannot load it: {reason}") from error


def _preprocessing(network: Any, folder: Path) -> Preprocessing:
    config = network.visual.preprocess_cfg
    size = config["size"]
    side = size if isinstance(size, int) else size[0]
    resample = {name: number for number, name in FILTERS.items()}.get(config["interpolation"])
    if config["resize_mode"] != "shortest":
        resample = None
    spec = checked_spec(side, side, resample, config["mean"], config["std"], folder.name)
    return channel_preprocessing(replace(spec, rounds_middle=True))


def _texts(folder: Path) -> Any:
    import open_clip

    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")

    def texts(network: Any, captions: Sequence[str]) -> Any:
        device = next(network.parameters()).device
        return network.encode_text(tokenizer(list(captions)).to(device))

    return texts


def _projection(network: Any, inputs: Any) -> tuple[Any, None]:
    return network.encode_image(inputs), None
