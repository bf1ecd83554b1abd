"""From a stored radiograph to the input of a torchxrayvision network, pinned by name.

``xrv224-v1`` (and ``xrv<size>-v1`` for networks of another input size), in this order:
8-bit gray (16-bit images are windowed as they are displayed); x / 255; the middle square; bilinear to size x size with
antialiasing (torch); 2048 x - 1024. "FD-XRV" means three different things in the literature; this is one of them, by name.

``roentgen-xrv-v1`` is another: what RoentGen's evaluation script did in 2023, for comparison with published numbers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluation.features.base import InputOutOfRange
from images.pixels import Pixels, to_display

if TYPE_CHECKING:
    import torch

LIMIT = 1024.0
ROENTGEN, ROENTGEN_SIZE, ROENTGEN_FIRST = "roentgen-xrv-v1", 224, 299
# torchvision's weights of red, green and blue add up to this, and the script went through colour.
ROENTGEN_GRAY = 0.2989 + 0.587 + 0.114
XRV_SCALING = "2048 x / 255 - 1024"


@dataclass(frozen=True)
class Preprocessing:
    """Pinned by its name. ``to_input`` makes (channels, size, size) of (h, w) pixels; ``filter`` and ``scaling`` say how."""

    name: str
    input_size: int
    filter: str
    scaling: str
    to_input: Callable[[Pixels], torch.Tensor]


def xrv_preprocessing(size: int) -> Preprocessing:
    """The one that is used unless another is asked for."""
    words = "middle square, bilinear, antialiased (torch)"
    return Preprocessing(f"xrv{size}-v1", size, words, XRV_SCALING, lambda pixels: to_xrv_input(pixels, size))


def roentgen_preprocessing() -> Preprocessing:
    """RoentGen's, for comparison with its published numbers."""
    words = (
        "whole image to 299 x 299 bicubic, antialiased, on float (Pillow, as clean-fid); bilinear to 224, no antialias"
    )
    return Preprocessing(ROENTGEN, ROENTGEN_SIZE, words, XRV_SCALING, to_roentgen_input)


def gray_levels(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """(h, w) uint8 as it is displayed. Raises InputOutOfRange for anything but gray 8- or 16-bit pixels."""
    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise InputOutOfRange(f"Expected gray 8- or 16-bit pixels, got {pixels.dtype} of shape {pixels.shape}.")
    return to_display(pixels)


def to_xrv_input(pixels: Pixels, size: int) -> torch.Tensor:
    """(1, size, size) float32 in [-1024, 1024] of (h, w) uint8 or uint16 pixels."""
    import torch

    levels = gray_levels(pixels)
    side = min(levels.shape)
    top, left = ((length - side) // 2 for length in levels.shape)
    gray = np.ascontiguousarray(levels[top : top + side, left : left + side])
    unit = torch.from_numpy(gray).to(torch.float32).div_(255)[None, None]
    if side != size:
        unit = torch.nn.functional.interpolate(unit, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return check_range(unit[0].mul_(2 * LIMIT).sub_(LIMIT))


def to_roentgen_input(pixels: Pixels) -> torch.Tensor:
    """(1, 224, 224) float32 in [-1024, 1024]; a picture that is not square is squeezed, as there."""
    import torch
    from PIL import Image

    picture = Image.fromarray(gray_levels(pixels).astype(np.float32))
    first = np.asarray(picture.resize((ROENTGEN_FIRST, ROENTGEN_FIRST), Image.Resampling.BICUBIC)).clip(0, 255)
    inputs = torch.from_numpy(first).mul(ROENTGEN_GRAY / 255).mul_(2 * LIMIT).sub_(LIMIT)[None, None]
    size = (ROENTGEN_SIZE, ROENTGEN_SIZE)
    return check_range(torch.nn.functional.interpolate(inputs, size, mode="bilinear", align_corners=False)[0])


def check_range(inputs: torch.Tensor) -> torch.Tensor:
    """The inputs themselves; InputOutOfRange where they leave [-1024, 1024]."""
    low, high = float(inputs.min()), float(inputs.max())
    if not -LIMIT - 1 <= low <= high <= LIMIT + 1:
        raise InputOutOfRange(f"The network expects values in [-1024, 1024]; these are in [{low:.4g}, {high:.4g}].")
    return inputs
