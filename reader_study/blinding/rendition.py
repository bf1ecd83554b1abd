"""One pipeline that turns any radiograph, real or synthetic, into a frame of constant size.

Whatever a file says of its origin apart from the picture itself ends here: container, metadata, dimensions, aspect,
bit depth, gaps in the histogram. `RENDITION` names the version; any change of the pixels that come out needs a new one.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from images.pixels import Pixels, check_pixels

RENDITION = "square-area-percentile-dither-v1"
BITS = 8
SMALLEST, LARGEST = 32, 1024
_PERCENTILES = (0.5, 99.5)


class WouldEnlarge(ValueError):
    """A picture is smaller than the frame: enlarging one class only would give it away."""


def common_size(shapes: Iterable[tuple[int, int]]) -> int:
    """The side of the frame for pictures of these (height, width): the shortest side of all, at most 1024.

    Raises WouldEnlarge where that is under 32 pixels.
    """
    shortest = min(min(shape) for shape in shapes)
    if shortest < SMALLEST:
        raise WouldEnlarge(f"One picture is only {shortest} pixels wide or high; a frame needs at least {SMALLEST}.")
    return min(shortest, LARGEST)


def render(pixels: Pixels, size: int) -> NDArray[np.uint8]:
    """Return the (size, size) uint8 frame of a (height, width) uint8 or uint16 radiograph.

    1. The middle square is cut out. 2. It is averaged over area down to size x size, in floating point. 3. Levels are
    stretched linearly from their 0.5th and 99.5th percentile to 0 and 255, whatever the bit depth was. 4. They are
    rounded after adding noise of one grey level's width, so that an 8-bit source stretched up to twice its contrast shows
    no gaps in its histogram (the audit shows those that a stronger stretch leaves). The noise is SHAKE-256 of the
    averaged picture: the same picture always gives the same frame, and nothing else plays a part.
    Raises WouldEnlarge where the picture is smaller than the frame, TypeError where it is no radiograph.
    """
    if min(check_pixels(pixels).shape) < size:
        raise WouldEnlarge(f"A picture of {pixels.shape[1]} x {pixels.shape[0]} is smaller than the frame of {size}.")
    levels = _averaged(_middle(pixels), size)
    low, high = np.percentile(levels, _PERCENTILES)
    stretched = np.clip((levels - low) / max(float(high - low), 1e-6), 0, 1) * 255
    rounded: NDArray[np.uint8] = np.clip(np.floor(stretched + _dither(levels)), 0, 255).astype(np.uint8)
    return rounded


def frame_bytes(frame: NDArray[np.uint8]) -> bytes:
    """The raw frame: height x width bytes, row by row, with nothing before or after."""
    return np.ascontiguousarray(frame, dtype=np.uint8).tobytes()


def frame_digest(data: bytes) -> str:
    """SHA-256, in hex, of a raw frame."""
    return hashlib.sha256(data).hexdigest()


def _middle(pixels: Pixels) -> Pixels:
    side = min(pixels.shape)
    top, left = ((length - side) // 2 for length in pixels.shape)
    return pixels[top : top + side, left : left + side]


def _averaged(pixels: Pixels, size: int) -> NDArray[np.float32]:
    """Levels in [0, 1] on the frame's grid, each the mean of the area that it covers."""
    unit = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return np.asarray(PillowImage.fromarray(unit).resize((size, size), PillowImage.Resampling.BOX))


def _dither(levels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Uniform noise in [0, 1), 256 steps, drawn from the picture itself: the same on every machine and version."""
    stream = hashlib.shake_256(levels.astype("<f4").tobytes()).digest(levels.size)
    return np.frombuffer(stream, np.uint8).reshape(levels.shape) / 256.0
