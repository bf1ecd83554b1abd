"""The generation app."""

from django.apps import AppConfig


class Config(AppConfig):
    """Checkpoints, prompt sets and the runs that make pictures of them."""

    name = "generation"
    verbose_name = "Generation"

    def ready(self) -> None:
        """Make this app's runs known to the sweeper."""
        from generation.models import CheckpointFetch, GenerationRun
        from generation.services import publish_fetch, republish_generation
        from jobs.registry import register

        register(GenerationRun, republish_generation)
        register(CheckpointFetch, publish_fetch)
