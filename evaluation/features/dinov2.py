"""DINOv2-class vision transformers (transformers' Dinov2Model): DINOv2 itself, and RAD-DINO, trained on radiographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evaluation.features.channels import DINOV2, RAD_DINO, ChannelSpec, channel_preprocessing, spec_of_processor
from evaluation.features.hf_folder import (
    PROCESSOR,
    check_model_type,
    find_folder,
    folder_digest,
    how_to_get,
    label_of,
    licence_of,
    load_pretrained,
    read_json,
)
from evaluation.features.network import NetworkExtractor

DINOV2_WEIGHTS = ("facebook/dinov2-large", "facebook/dinov2-base", "facebook/dinov2-small")
RAD_DINO_WEIGHTS = ("microsoft/rad-dino",)
MODEL_TYPES = ("dinov2", "dinov2_with_registers")
DINOV2_LICENCE = "Apache-2.0 (Meta)"
RAD_DINO_LICENCE = "Microsoft Research License: research use only"


def open_dinov2(weights: str) -> NetworkExtractor:
    """A DINOv2. Features: the class token after the last layer norm (384 to 1536)."""
    return _open("dinov2", weights, DINOV2, licence_of(weights, DINOV2_WEIGHTS, DINOV2_LICENCE))


def open_rad_dino(weights: str) -> NetworkExtractor:
    """RAD-DINO. Features: the class token after the last layer norm (768)."""
    return _open("rad-dino", weights, RAD_DINO, RAD_DINO_LICENCE)


def _open(name: str, weights: str, default: ChannelSpec, licence: str) -> NetworkExtractor:
    folder = find_folder(weights, name)
    check_model_type(folder, MODEL_TYPES)
    from transformers import AutoModel

    return NetworkExtractor(
        name=name,
        weights=label_of(weights),
        weights_digest=folder_digest(folder),
        licence=licence,
        how_to_get=how_to_get(weights),
        network=load_pretrained(AutoModel, folder),
        forward=_class_token,
        prepared=channel_preprocessing(folder_spec(folder, default)),
    )


def folder_spec(folder: Path, default: ChannelSpec) -> ChannelSpec:
    """What the folder's preprocessor_config.json says; the published one where there is none."""
    if not (folder / PROCESSOR).is_file():
        return default
    return spec_of_processor(read_json(folder, PROCESSOR), folder.name)


def _class_token(network: Any, inputs: Any) -> tuple[Any, None]:
    return network(pixel_values=inputs).pooler_output, None
