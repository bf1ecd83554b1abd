"""`manage.py verify_audit`: whether the audit log is whole."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.services import verify_chain


class Command(BaseCommand):
    """Recompute the chain."""

    help = "Recompute the hash chain of the audit log; exits 1 where an event was changed, inserted or removed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the outcome."""
        check = verify_chain()
        if not check.intact:
            raise CommandError(f"The audit log is broken at event {check.broken_at}: {check.reason}.")
        self.stdout.write(self.style.SUCCESS(f"The audit log is whole: {check.events} events."))
