"""App configuration."""

from django.apps import AppConfig


class Config(AppConfig):
    """Registered under its package's name."""

    name = "evaluation"

    def ready(self) -> None:
        """Make this app's runs known to the sweeper and to the pages that list runs."""
        from evaluation.models import CardReport, PairedComparison, ReconstructionRun, ScoringRun, UsefulnessRun
        from evaluation.pairing.services import publish_paired
        from evaluation.reconstruction.services import publish_reconstruction
        from evaluation.services import republish_scoring
        from evaluation.services.reports import publish_report
        from evaluation.usefulness.services import publish_usefulness
        from jobs.registry import register

        register(ScoringRun, republish_scoring)
        register(UsefulnessRun, publish_usefulness)
        register(ReconstructionRun, publish_reconstruction)
        register(PairedComparison, publish_paired)
        register(CardReport, publish_report)
