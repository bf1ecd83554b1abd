"""manage.py export_study STUDY --out FILE [--blinded]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reader_study.bundle import export_blinded, export_study
from reader_study.models import Study


class Command(BaseCommand):
    """Write an export bundle of a study; the export is on record."""

    help = "Write the export bundle of an unsealed study, or the blinded one of any locked study, into a zip file."

    # Checks would load every page of the site, which an export does not need.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """STUDY, --out and --blinded."""
        parser.add_argument("study", help="identifier of the study, as in its address")
        parser.add_argument("--out", required=True, type=Path, help="the zip file to write; it must not exist yet")
        parser.add_argument("--blinded", action="store_true", help="without anything of the key; before unsealing too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, or say why not."""
        study, out = _study(options["study"]), options["out"]
        if out.exists():
            raise CommandError(f"{out} exists already: choose another name.")
        try:
            chunks = (export_blinded if options["blinded"] else export_study)(study=study, user=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            with out.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{out}: {out.stat().st_size:,} bytes")


def _study(identifier: str) -> Study:
    try:
        return Study.objects.get(pk=UUID(identifier))
    except (ValueError, Study.DoesNotExist) as error:
        raise CommandError(f"There is no study {identifier}.") from error
