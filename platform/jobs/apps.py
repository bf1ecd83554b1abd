"""Long work: runs, progress, cancellation, and bringing back what a dead worker left."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Every kind of run builds on this."""

    name = "jobs"
