"""From a stored radiograph to the input of a torchxrayvision network, pinned by name.

``xrv224-v1`` (and ``xrv<size>-v1`` for networks of another input size), in this order:
8-bit gray (16-bit images are windowed as they are displayed); x / 255; the middle square; bilinear to size x size with
antialiasing (torch); 2048 x - 1024. "FD-XRV" means three different things in the literature; this is one of them, by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluation.features.base import InputOutOfRange
from images.pixels import Pixels, to_display

if TYPE_CHECKING:
    import torch

LIMIT = 1024.0


def xrv_preprocessing_name(size: int) -> str:
    """The name that is recorded with every score."""
    return f"xrv{size}-v1"


def to_xrv_input(pixels: Pixels, size: int) -> torch.Tensor:
    """(1, size, size) float32 in [-1024, 1024] of (h, w) uint8 or uint16 pixels."""
    import torch

    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise InputOutOfRange(f"Expected gray 8- or 16-bit pixels, got {pixels.dtype} of shape {pixels.shape}.")
    side = min(pixels.shape)
    top, left = ((length - side) // 2 for length in pixels.shape)
    gray = np.ascontiguousarray(to_display(pixels)[top : top + side, left : left + side])
    unit = torch.from_numpy(gray).to(torch.float32).div_(255)[None, None]
    if side != size:
        unit = torch.nn.functional.interpolate(unit, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return check_range(unit[0].mul_(2 * LIMIT).sub_(LIMIT))


def check_range(inputs: torch.Tensor) -> torch.Tensor:
    """The inputs themselves; InputOutOfRange where they leave [-1024, 1024]."""
    low, high = float(inputs.min()), float(inputs.max())
    if not -LIMIT - 1 <= low <= high <= LIMIT + 1:
        raise InputOutOfRange(f"The network expects values in [-1024, 1024]; these are in [{low:.4g}, {high:.4g}].")
    return inputs
