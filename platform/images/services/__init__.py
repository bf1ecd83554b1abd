"""Writes that make images, image sets and imports."""

from images.services.importing import cancel_import, requeue, run_import, start_import
from images.services.store import ItemRow, create_image_set, store_image

__all__ = ["ItemRow", "cancel_import", "create_image_set", "requeue", "run_import", "start_import", "store_image"]
