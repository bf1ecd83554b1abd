"""manage.py import_readings FILE.csv --workspace W --title T [--reader COL ...]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from reader_study.management.columns import add_columns, given_columns
from reader_study.services.importing import columns_of_file, import_readings


class Command(BaseCommand):
    """Make an unsealed study of readings that were made elsewhere."""

    help = (
        "Import readings made elsewhere, one row a read, as an unsealed study. Columns that are not named are found by "
        "their usual names; '-' says that there is none. Nothing is written unless every row can be taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and the columns."""
        parser.add_argument("file", type=Path, help="a CSV file with a header (comma, semicolon or tab; UTF-8)")
        parser.add_argument("--workspace", required=True, help="short name of the workspace")
        parser.add_argument("--title", required=True, help="title of the study")
        add_columns(parser)
        parser.add_argument("--cut", type=float, help="lowest rating that calls a case synthetic")
        parser.add_argument("--margin", type=float, default=0.1, help="equivalence margin around 0.5 (0.1)")
        parser.add_argument("--alpha", type=float, default=0.05, help="significance level (0.05)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or say why not."""
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        plan = {name: options[name] for name in ("title", "cut", "margin", "alpha")}
        try:
            with options["file"].open("rb") as file:
                columns = columns_of_file(file, given_columns(options))
                study = import_readings(workspace=workspace, user=None, file=file, columns=columns, **plan)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        rows = (study.protocol or {})["imported"]["rows"]
        self.stdout.write(
            f"{study.pk}: {rows:,} reads of {study.readers.count()} readers and {study.cases.count()} cases"
        )
