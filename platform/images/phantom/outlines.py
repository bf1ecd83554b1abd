"""The real lung outlines that torchxrayvision ships, as signed distance maps.

The outlines are the V7 Labs lung annotations in `torchxrayvision/data/semantic_masks_v7labs_lungs.zip`. The archive is read where
it was installed, without importing torchxrayvision (which would import torch).
"""

import importlib.util
import io
import zipfile
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Mask = NDArray[np.bool_]

ARCHIVE = "semantic_masks_v7labs_lungs.zip"
FRAME = 160
LUNG_HEIGHT = 104
_MARGIN = (FRAME - LUNG_HEIGHT) // 2


@dataclass(frozen=True)
class Outline:
    """Two lungs in a frame of FRAME x FRAME cells, LUNG_HEIGHT cells tall, centred on the midline.

    `right` and `left` are the patient's lungs (the patient's right is picture left): signed distance to the outline in lung
    heights, positive inside.
    """

    right: NDArray[np.float32]
    left: NDArray[np.float32]
    half_width: float


def archive_path() -> Path:
    """Where the outlines lie; LookupError where torchxrayvision is not installed."""
    found = importlib.util.find_spec("torchxrayvision")
    if found is None or not found.submodule_search_locations:
        raise LookupError("torchxrayvision is not installed: phantoms take their lungs from its data folder")
    return Path(found.submodule_search_locations[0]) / "data" / ARCHIVE


@lru_cache(maxsize=1)
def _archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(archive_path())


@lru_cache(maxsize=1)
def outline_names() -> tuple[str, ...]:
    """Every picture in the archive, usable or not, in a fixed order."""
    return tuple(sorted(name for name in _archive().namelist() if Path(name).suffix))


def draw_outline(rng: np.random.Generator) -> Outline:
    """A usable outline, chosen uniformly; unusable ones are drawn again."""
    names = outline_names()
    while True:
        outline = read_outline(names[int(rng.integers(len(names)))])
        if outline is not None:
            return outline


@cache
def read_outline(name: str) -> Outline | None:
    """One outline by its name in the archive; None where it does not show two whole lungs."""
    with Image.open(io.BytesIO(_archive().read(name))) as picture:
        scale = 256 / max(picture.size)
        small = picture.convert("L").resize((round(picture.width * scale), round(picture.height * scale)))
    lungs = _two_lungs(np.asarray(small) > 127)
    return None if lungs is None else _frame(*lungs)


def _two_lungs(mask: Mask) -> tuple[Mask, Mask] | None:
    """The two big parts, picture left first, when they look like the lungs of one upright patient."""
    parts, count = ndimage.label(mask)
    if count < 2:
        return None
    areas = np.bincount(parts.ravel())[1:] / mask.size
    second, first = np.argsort(areas)[-2:]
    if areas[second] < 0.05 or areas[second] / areas[first] < 0.55:
        return None
    lungs = [_clean(parts == label + 1) for label in (first, second)]
    right, left = sorted(lungs, key=lambda lung: float(np.nonzero(lung)[1].mean()))
    return (right, left) if _plausible(right, left) else None


def _clean(lung: Mask) -> Mask:
    closed = ndimage.binary_closing(np.pad(lung, 12), iterations=8)[12:-12, 12:-12]
    return np.asarray(ndimage.binary_fill_holes(closed), dtype=bool)


def _plausible(right: Mask, left: Mask) -> bool:
    rows, columns = np.nonzero(right | left)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    heights = [np.ptp(np.nonzero(lung)[0]) + 1 for lung in (right, left)]
    whole = rows.min() > 1 and rows.max() < right.shape[0] - 2
    apart = np.nonzero(right.any(0))[0].max() - np.nonzero(left.any(0))[0].min() < 0.12 * width
    return bool(
        whole
        and apart
        and _smooth(right)
        and _smooth(left[:, ::-1])
        and 0.78 < width / height < 1.35
        and min(heights) / max(heights) > 0.82
    )


def _smooth(lung: Mask) -> bool:
    """No bite out of the lateral border (picture left) where a device or a label hid the lung."""
    edge = lung[np.nonzero(lung.any(1))[0]].argmax(1).astype(float)
    rough = np.abs(edge - ndimage.gaussian_filter1d(edge, 0.06 * len(edge)))
    return bool(rough[len(edge) // 6 : -len(edge) // 8].max() < 0.022 * len(edge))


def _frame(right: Mask, left: Mask) -> Outline:
    """Crop, scale to LUNG_HEIGHT and put the midline in the middle."""
    both = right | left
    rows, columns = np.nonzero(both)
    scale = LUNG_HEIGHT / (np.ptp(rows) + 1)
    middle = 0.5 * (_inner_edge(right, last=True) + _inner_edge(left, last=False))
    shift = (rows.min() - _MARGIN / scale, middle - FRAME / 2 / scale)
    width = max(middle - columns.min(), columns.max() - middle) * scale / LUNG_HEIGHT
    return Outline(_distance(right, scale, shift), _distance(left, scale, shift), float(width))


def _inner_edge(lung: Mask, *, last: bool) -> float:
    """Median column of the border that faces the mediastinum, over the upper two thirds."""
    rows = np.nonzero(lung.any(1))[0]
    rows = rows[len(rows) // 6 : 2 * len(rows) // 3]
    edge = lung.shape[1] - 1 - lung[rows, ::-1].argmax(1) if last else lung[rows].argmax(1)
    return float(np.median(edge))


def _distance(lung: Mask, scale: float, shift: tuple[float, float]) -> NDArray[np.float32]:
    """Signed distance in lung heights, smoothed so that no staircase is left of the pixel border."""
    framed = ndimage.affine_transform(lung.astype(np.float32), np.full(2, 1 / scale), shift, (FRAME, FRAME), order=1)
    inside = framed > 0.5
    signed = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    smooth = ndimage.gaussian_filter(signed.astype(np.float32), 1.2)
    return np.asarray(smooth / np.float32(LUNG_HEIGHT), dtype=np.float32)
