"""App configuration."""

from django.apps import AppConfig


class Config(AppConfig):
    """Registered under its package's name."""

    name = "evaluation"

    def ready(self) -> None:
        """Make scoring runs known to the sweeper and to the pages that list runs."""
        from evaluation.models import ScoringRun
        from evaluation.services import republish_scoring
        from jobs.registry import register

        register(ScoringRun, republish_scoring)
