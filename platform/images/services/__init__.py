"""Writes that make images, image sets and imports."""

from images.services.duplicates import find_near_duplicates
from images.services.importing import cancel_import, requeue, run_import, start_import
from images.services.sampling import options_of, sample_set
from images.services.store import ItemRow, create_image_set, store_image

__all__ = [
    "ItemRow",
    "cancel_import",
    "create_image_set",
    "find_near_duplicates",
    "options_of",
    "requeue",
    "run_import",
    "sample_set",
    "start_import",
    "store_image",
]
