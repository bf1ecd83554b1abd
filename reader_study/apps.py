"""The reader study app."""

from django.apps import AppConfig


class ReaderStudyConfig(AppConfig):
    """Blinded studies: built, read, closed, unsealed, analysed."""

    name = "reader_study"
    verbose_name = "Reader studies"

    def ready(self) -> None:
        """Make renditions known to the sweeper."""
        from jobs import registry
        from reader_study.models import RenditionRun
        from reader_study.services.renditions import requeue

        registry.register(RenditionRun, requeue=requeue)
