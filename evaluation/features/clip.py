"""CLIP-class image-text pairs in transformers' format: CLIP itself, and any image and text encoder saved as a dual encoder.

Both give an image and a sentence a place in one space. BioViL-T-class pairs (an image encoder and CXR-BERT) are used here
when they are saved as a VisionTextDualEncoderModel; the published repository of BioViL-T runs code of its own, which is
never loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.features.base import RefusedWeights
from evaluation.features.channels import CLIP_224, ChannelSpec, channel_preprocessing
from evaluation.features.dinov2 import folder_spec
from evaluation.features.hf_folder import (
    check_model_type,
    find_folder,
    folder_digest,
    how_to_get,
    label_of,
    licence_of,
    load_pretrained,
)
from evaluation.features.network import NetworkExtractor

CLIP_WEIGHTS = ("openai/clip-vit-large-patch14-336", "openai/clip-vit-large-patch14", "openai/clip-vit-base-patch32")
CLIP_LICENCE = "MIT (OpenAI)"
CLIP, DUAL_ENCODER = "clip", "vision-text-dual-encoder"


def open_clip_pair(weights: str) -> NetworkExtractor:
    """A CLIP. Features and text: its two projections (512 to 1024), not normalised."""
    folder = find_folder(weights, CLIP)
    check_model_type(folder, (CLIP,))
    from transformers import CLIPModel

    network = load_pretrained(CLIPModel, folder)
    side = int(network.config.vision_config.image_size)
    default = ChannelSpec(side, side, CLIP_224.resample, CLIP_224.mean, CLIP_224.std)
    limit = int(network.config.text_config.max_position_embeddings)
    licence = licence_of(weights, CLIP_WEIGHTS, CLIP_LICENCE)
    return _extractor(CLIP, weights, folder, network, default, limit, licence)


def open_dual_encoder(weights: str) -> NetworkExtractor:
    """A pair of encoders in one folder. Features and text: its two projections, not normalised."""
    folder = find_folder(weights, "a dual encoder")
    check_model_type(folder, (DUAL_ENCODER,))
    from transformers import VisionTextDualEncoderModel

    network = load_pretrained(VisionTextDualEncoderModel, folder)
    side = int(network.config.vision_config.image_size)
    default = ChannelSpec(side, side, CLIP_224.resample, (0.0,) * 3, (1.0,) * 3)
    limit = int(network.config.text_config.max_position_embeddings)
    return _extractor("dual-encoder", weights, folder, network, default, limit, licence_of(weights, (), ""))


def _extractor(
    name: str, weights: str, folder: Path, network: Any, default: ChannelSpec, limit: int, licence: str
) -> NetworkExtractor:
    tokenizer = load_tokenizer(folder)

    def texts(network: Any, captions: Sequence[str]) -> Any:
        tokens = tokenizer(list(captions), padding=True, truncation=True, max_length=limit, return_tensors="pt")
        known = {key: tokens[key].to(network.device) for key in ("input_ids", "attention_mask")}
        return network.get_text_features(**known).pooler_output

    return NetworkExtractor(
        name=name,
        weights=label_of(weights),
        weights_digest=folder_digest(folder),
        licence=licence,
        how_to_get=how_to_get(weights),
        network=network,
        forward=_projection,
        prepared=channel_preprocessing(folder_spec(folder, default)),
        texts=texts,
    )


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of the folder. Raises RefusedWeights where there is none."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, TypeError) as error:
        raise RefusedWeights(
            f"{folder.name} has no tokenizer that can be read (tokenizer.json and its configuration)."
        ) from error


def _projection(network: Any, inputs: Any) -> tuple[Any, None]:
    return network.get_image_features(pixel_values=inputs).pooler_output, None
