"""Features of a folder of pictures, without a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evaluation.features.base import Extraction, Extractor, ExtractorError, gather
from images.pixels import ImageError, Pixels, decode_image

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".jp2"}


def image_files(folder: str | Path) -> list[Path]:
    """The pictures in and below a folder, sorted by their path: the order of the rows. Raises ExtractorError for none."""
    root = Path(folder)
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise ExtractorError(f"There are no pictures in {root.name} ({', '.join(sorted(SUFFIXES))}).")
    return found


def extract_folder(folder: str | Path, extractor: Extractor) -> Extraction:
    """Features (n, d) and probabilities (n, c) of `image_files(folder)`, row by row.

    A file that cannot be read is an ExtractorError that names it: nothing takes its place.
    """
    return gather(extractor, [_loader(path) for path in image_files(folder)])


def _loader(path: Path) -> Callable[[], Pixels]:
    def load() -> Pixels:
        try:
            return decode_image(path.read_bytes())
        except (OSError, ImageError) as error:
            raise ExtractorError(f"{path.name} cannot be read: {error}.") from error

    return load
