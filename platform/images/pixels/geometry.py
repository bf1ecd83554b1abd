"""Grey levels on other grids and other scales."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from images.pixels.encode import encode_png
from images.pixels.types import Pixels, check_pixels

_DISPLAY_PERCENTILES = (0.5, 99.5)


def to_unit(pixels: Pixels) -> NDArray[np.float32]:
    """Return (height, width) float32 in [0, 1]: levels divided by the largest that their type can hold."""
    return (check_pixels(pixels) / np.float32(np.iinfo(pixels.dtype).max)).astype(np.float32, copy=False)


def to_display(pixels: Pixels) -> NDArray[np.uint8]:
    """Return (height, width) uint8 for a screen.

    8-bit levels stay as they are; 16-bit ones are stretched linearly between their 0.5th and 99.5th percentile,
    because many 16-bit files use only the lowest 10 to 14 bits.
    """
    if check_pixels(pixels).dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    low, high = np.percentile(pixels, _DISPLAY_PERCENTILES)
    scaled = (pixels.astype(np.float32) - low) / max(high - low, 1.0)
    shown: NDArray[np.uint8] = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return shown


def resize(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    """Return `pixels` on a grid of `shape` = (height, width), in the same type.

    Each axis that shrinks is averaged over area (no aliasing, no ringing, the mean level kept); each axis that grows
    is interpolated linearly. Raises TypeError for arrays that are no radiograph, ValueError for an empty shape.
    """
    height, width = check_pixels(pixels).shape
    if min(shape) < 1:
        raise ValueError(f"cannot resize to {shape[1]} x {shape[0]}")
    levels = PillowImage.fromarray(pixels.astype(np.float32))
    levels = levels.resize((shape[1], height), _filter(width, shape[1]))
    levels = levels.resize((shape[1], shape[0]), _filter(height, shape[0]))
    resized: Pixels = np.rint(np.asarray(levels)).clip(0, np.iinfo(pixels.dtype).max).astype(pixels.dtype)
    return resized


def _filter(old: int, new: int) -> PillowImage.Resampling:
    return PillowImage.Resampling.BOX if new <= old else PillowImage.Resampling.BILINEAR


def square(pixels: Pixels, size: int, *, fit: Literal["crop", "pad"] = "crop") -> Pixels:
    """Return `pixels` as (size, size), in the same type, never distorted.

    fit="crop" cuts the longer side down to the middle, as torchxrayvision's XRayCenterCrop does; fit="pad" keeps
    everything and fills the shorter side with black on both ends.
    """
    if fit == "pad":
        return resize(_padded(check_pixels(pixels)), (size, size))
    return resize(_cropped(check_pixels(pixels)), (size, size))


def _cropped(pixels: Pixels) -> Pixels:
    side = min(pixels.shape)
    top, left = ((length - side) // 2 for length in pixels.shape)
    return pixels[top : top + side, left : left + side]


def _padded(pixels: Pixels) -> Pixels:
    side = max(pixels.shape)
    ends = [((side - length) // 2, side - length - (side - length) // 2) for length in pixels.shape]
    padded: Pixels = np.pad(pixels, ends)  # type: ignore[assignment]
    return padded


def thumbnail(pixels: Pixels, size: int = 192) -> bytes:
    """Return an 8-bit PNG of the whole picture whose longer side is at most `size` pixels."""
    height, width = check_pixels(pixels).shape
    scale = min(1.0, size / max(height, width))
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    return encode_png(resize(to_display(pixels), shape))
