"""From the bytes of an image file to grey levels, refusing whatever is not one grayscale radiograph."""

import io
import struct
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageFile, ImageOps, UnidentifiedImageError

from images.pixels.types import Pixels

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "PPM", "JPEG2000")
MAX_PIXELS = 64_000_000
MIN_SIDE = 16

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
_WHITE_IS_ZERO, _PHOTOMETRIC_TAG = 0, 262


class ImageError(ValueError):
    """A picture that cannot be taken in; the message says why."""


class UnreadableImage(ImageError):
    """Not an image of a known format, or a damaged one."""


class ImageTooLarge(ImageError):
    """More pixels than allowed."""


class ImageTooSmall(ImageError):
    """A side shorter than allowed."""


class NotGrayscale(ImageError):
    """Real colour, transparency, or grey levels that 16 bits cannot hold."""


class SeveralFrames(ImageError):
    """More than one picture in the file."""


def decode_image(data: bytes, *, max_pixels: float = MAX_PIXELS, min_side: int = MIN_SIDE) -> Pixels:
    """Return the grey levels of one image file.

    data: a PNG, JPEG, TIFF, BMP, PGM or JPEG 2000 file.
    max_pixels, min_side: limits on width x height and on the shorter side, checked on the header, before anything
        is decompressed.
    Returns (height, width) uint8, or uint16 where the file has more than 8 bits a pixel. Colour files whose channels
    are equal and opaque (as a few of NIH ChestX-ray14 are) give their one channel; an EXIF orientation is applied.
    Raises a subclass of ImageError: UnreadableImage, ImageTooLarge, ImageTooSmall, NotGrayscale, SeveralFrames.
    """
    with warnings.catch_warnings():
        # Pillow warns where it finds an image large; the limit that counts here is max_pixels, checked below.
        warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
        picture = _open(data)
    with picture:
        check_size(picture.width, picture.height, max_pixels, min_side)
        if getattr(picture, "n_frames", 1) != 1:
            raise SeveralFrames("holds several frames; export one picture per file")
        _check_depth(picture)
        return _grey_levels(_load(picture))


def _open(data: bytes) -> ImageFile.ImageFile:
    try:
        return PillowImage.open(io.BytesIO(data), formats=FORMATS)
    except PillowImage.DecompressionBombError as error:
        raise ImageTooLarge("declares more pixels than can be opened safely") from error
    except UnidentifiedImageError as error:
        raise UnreadableImage("not an image in a known format (PNG, JPEG, TIFF, BMP, PGM or JPEG 2000)") from error
    except _DAMAGED as error:
        raise UnreadableImage(f"the image file is damaged ({error})") from error


def check_size(width: int, height: int, max_pixels: float, min_side: int) -> None:
    """Raise ImageTooLarge or ImageTooSmall where a picture of this size is not taken."""
    if width * height > max_pixels:
        limit = f"{max_pixels / 1e6:g} megapixels"
        raise ImageTooLarge(f"{width} x {height} is {width * height / 1e6:.1f} megapixels; the limit is {limit}")
    if min(width, height) < min_side:
        raise ImageTooSmall(f"{width} x {height} pixels; both sides must have at least {min_side}")


def _check_depth(picture: ImageFile.ImageFile) -> None:
    # Pillow reads 16-bit colour as 8-bit: bits would be lost in silence.
    deep = any(";16" in str(tile[3]) for tile in picture.tile)
    if deep and not picture.mode.startswith("I"):
        raise NotGrayscale("16-bit colour; export it as 16-bit grayscale")
    inverted = picture.format == "TIFF" and getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO
    if inverted and picture.mode.startswith("I"):
        raise NotGrayscale("a 16-bit TIFF in which zero is white; export it with zero as black")


def _load(picture: ImageFile.ImageFile) -> PillowImage.Image:
    try:
        picture.load()
        return ImageOps.exif_transpose(picture)
    except PillowImage.DecompressionBombError as error:
        raise ImageTooLarge("unpacks to more than can be opened safely") from error
    except _DAMAGED as error:
        raise UnreadableImage(f"the image file is truncated or damaged ({error})") from error


def _grey_levels(picture: PillowImage.Image) -> Pixels:
    if picture.mode == "L":
        return np.array(picture, np.uint8)
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        return _sixteen_bit(np.asarray(picture))
    if picture.mode in {"LA", "P", "PA", "RGB", "RGBA"}:
        return _single_channel(np.asarray(picture.convert("RGBA")))
    raise NotGrayscale(f"grey levels stored as Pillow mode {picture.mode}; export it as 8- or 16-bit grayscale")


def _sixteen_bit(levels: NDArray[np.generic]) -> Pixels:
    if levels.min() < 0 or levels.max() > np.iinfo(np.uint16).max:
        raise NotGrayscale("grey levels outside 0 to 65535; export it as 16-bit grayscale")
    return levels.astype(np.uint16)


def _single_channel(channels: NDArray[np.uint8]) -> Pixels:
    red, green, blue, alpha = np.moveaxis(channels, -1, 0)
    if not (np.array_equal(red, green) and np.array_equal(red, blue)):
        raise NotGrayscale("a colour picture; its red, green and blue channels differ")
    if alpha.min() < np.iinfo(np.uint8).max:
        raise NotGrayscale("partly transparent; export it without an alpha channel")
    return np.ascontiguousarray(red)
