"""Grayscale radiographs as arrays: reading, writing, naming and resizing them. Pure: no Django here."""

from images.pixels.decode import (
    ImageError,
    ImageTooLarge,
    ImageTooSmall,
    NotGrayscale,
    SeveralFrames,
    UnreadableImage,
    decode_image,
)
from images.pixels.encode import encode_png, pixel_digest
from images.pixels.geometry import resize, square, thumbnail, to_display, to_unit
from images.pixels.similarity import near_pairs, perceptual_hash
from images.pixels.types import Pixels, check_pixels

__all__ = [
    "ImageError",
    "ImageTooLarge",
    "ImageTooSmall",
    "NotGrayscale",
    "Pixels",
    "SeveralFrames",
    "UnreadableImage",
    "check_pixels",
    "decode_image",
    "encode_png",
    "near_pairs",
    "perceptual_hash",
    "pixel_digest",
    "resize",
    "square",
    "thumbnail",
    "to_display",
    "to_unit",
]
