"""The hash-chained log of what was done."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only, enforced by the database."""

    name = "audit"
