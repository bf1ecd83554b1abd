"""The images app."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Images, image sets and their import."""

    name = "images"
    verbose_name = "Images"

    def ready(self) -> None:
        """Let the sweeper bring back imports whose worker died."""
        from images.models import ImportRun
        from images.services import requeue
        from jobs.registry import register

        register(ImportRun, requeue)
