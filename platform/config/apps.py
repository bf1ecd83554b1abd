"""The site itself, as an app: it holds the demonstration's command and the home page."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The top layer."""

    name = "config"
    verbose_name = "Negatoscope"
