"""People, workspaces, roles."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The lowest layer that knows Django."""

    name = "accounts"
