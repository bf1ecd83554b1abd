"""The reader study app."""

from django.apps import AppConfig


class ReaderStudyConfig(AppConfig):
    """Blinded studies: built, read, closed, unsealed, analysed."""

    name = "reader_study"
    verbose_name = "Reader studies"

    def ready(self) -> None:
        """Make renditions and analyses known to the sweeper."""
        from jobs import registry
        from reader_study.models import AnalysisRun, RenditionRun
        from reader_study.services import analysing, renditions

        registry.register(RenditionRun, requeue=renditions.requeue)
        registry.register(AnalysisRun, requeue=analysing.requeue)
