"""App configuration."""

from django.apps import AppConfig


class Config(AppConfig):
    """Registered under its package's name."""

    name = "evaluation"
