"""Preprocessing of networks for colour pictures, as their image processors do it: resize, middle, scale, normalise.

The gray picture is resized once by Pillow (8-bit, antialiased, as the authors of all of these did) and its one channel is
repeated after it: the same three channels at a third of the work. A test holds it against the processors of transformers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.features.base import InputOutOfRange, RefusedWeights
from evaluation.features.preprocessing import Preprocessing, gray_levels
from images.pixels import Pixels

if TYPE_CHECKING:
    import torch

# Pillow's numbers of its filters, as preprocessor_config.json gives them.
FILTERS = {2: "bilinear", 3: "bicubic"}
MAX_SIDE = 2048


@dataclass(frozen=True)
class ChannelSpec:
    """Shortest edge in pixels, side of the middle square, Pillow's filter, mean and SD of each channel on [0, 1].

    rounds_middle: where the border is odd, the middle begins at the rounded half of it (torchvision, hence open_clip)
    instead of the whole number below (transformers).
    """

    edge: int
    crop: int
    resample: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    rounds_middle: bool = False


_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))

DINOV2 = ChannelSpec(256, 224, 3, *_IMAGENET)
RAD_DINO = ChannelSpec(518, 518, 3, (0.5307,) * 3, (0.2583,) * 3)
CLIP_224, CLIP_336 = ChannelSpec(224, 224, 3, *_CLIP), ChannelSpec(336, 336, 3, *_CLIP)
PINNED = {DINOV2: "dinov2-224-v1", RAD_DINO: "rad-dino-518-v1", CLIP_224: "clip-224-v1", CLIP_336: "clip-336-v1"}


def channel_preprocessing(spec: ChannelSpec) -> Preprocessing:
    """Named as in PINNED, or after the digest of its numbers where a folder brings numbers of its own."""
    text = json.dumps([spec.edge, spec.crop, spec.resample, spec.mean, spec.std, spec.rounds_middle])
    name = PINNED.get(spec, f"channels{spec.crop}-{hashlib.sha256(text.encode()).hexdigest()[:8]}-v1")
    words = f"shortest edge to {spec.edge}, {FILTERS[spec.resample]}, antialiased (Pillow); middle {spec.crop} x {spec.crop}"
    scaling = f"x / 255, less {_numbers(spec.mean)}, over {_numbers(spec.std)}; three equal channels"
    return Preprocessing(name, spec.crop, words, scaling, lambda pixels: to_channels(pixels, spec))


def _numbers(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else "(" + ", ".join(f"{v:.4g}" for v in values) + ")"


def to_channels(pixels: Pixels, spec: ChannelSpec) -> torch.Tensor:
    """(3, crop, crop) float32 of (h, w) uint8 or uint16 pixels."""
    import torch
    from PIL import Image

    picture = Image.fromarray(gray_levels(pixels))
    scale = spec.edge / min(picture.size)
    size = [max(int(round(side * scale, 6)), spec.edge) for side in picture.size]
    left, top = (_half(side - spec.crop, spec.rounds_middle) for side in size)
    if min(left, top) < 0:
        raise InputOutOfRange(f"An edge of {spec.edge} pixels has no middle of {spec.crop}.")
    resized = picture.resize((size[0], size[1]), Image.Resampling(spec.resample))
    levels = np.array(resized)[top : top + spec.crop, left : left + spec.crop]
    unit = torch.from_numpy(np.ascontiguousarray(levels)).to(torch.float32).div_(255)
    mean, std = (torch.tensor(values)[:, None, None] for values in (spec.mean, spec.std))
    return (unit[None] - mean) / std


def _half(border: int, rounds: bool) -> int:
    return round(border / 2) if rounds else border // 2


def spec_of_processor(config: Mapping[str, Any], name: str) -> ChannelSpec:
    """What a preprocessor_config.json of transformers says. Raises RefusedWeights for steps that are not these."""
    size, crop = config.get("size", 224), config.get("crop_size")
    edge = _side(size)
    if not config.get("do_resize", True) or edge is None:
        raise RefusedWeights(f"{name}: preprocessor_config.json does not resize to one shortest edge.")
    middle = _side(crop) if config.get("do_center_crop", crop is not None) else edge
    mean, std = config.get("image_mean", (0.0,) * 3), config.get("image_std", (1.0,) * 3)
    if not config.get("do_normalize", True):
        mean, std = (0.0,) * 3, (1.0,) * 3
    if abs(float(config.get("rescale_factor", 1 / 255)) * 255 - 1) > 1e-6 or not config.get("do_rescale", True):
        raise RefusedWeights(f"{name}: preprocessor_config.json does not scale grey levels by 1/255.")
    return checked_spec(edge, middle, config.get("resample", 3), mean, std, name)


def checked_spec(edge: Any, crop: Any, resample: Any, mean: Any, std: Any, name: str) -> ChannelSpec:
    """The specification of these values. Raises RefusedWeights where they make no sense."""
    try:
        spec = ChannelSpec(
            int(edge), int(crop), int(resample), tuple(float(m) for m in mean), tuple(float(s) for s in std)
        )
        fits = 0 < spec.crop <= spec.edge <= MAX_SIDE and spec.resample in FILTERS
        fits = fits and len(spec.mean) == len(spec.std) == 3 and min(spec.std) > 0
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise RefusedWeights(f"{name}: its preprocessing is not a resize, a middle square and a mean and SD a channel.")
    return spec


def _side(size: Any) -> int | None:
    """The one side that a size names: 224, {"shortest_edge": 224} or {"height": 224, "width": 224}."""
    if isinstance(size, Mapping):
        size = size.get("shortest_edge") or (size.get("height") if size.get("height") == size.get("width") else None)
    return size if isinstance(size, int) and 0 < size <= MAX_SIDE else None
