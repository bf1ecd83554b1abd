"""Writes that make images, image sets and imports."""

from images.services.store import ItemRow, create_image_set, store_image

__all__ = ["ItemRow", "create_image_set", "store_image"]
