"""The images app."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Images, image sets and their import."""

    name = "images"
    verbose_name = "Images"
