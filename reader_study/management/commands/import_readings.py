"""manage.py import_readings FILE.csv --workspace W --title T [--reader COL ...]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from reader_study.services.importing import columns_of_file, import_readings

COLUMNS = {
    "reader": "who read: one code a reader",
    "case": "what was read: one code a case",
    "truth": "1 or synthetic, 0 or real",
    "rating": "confidence that the case is synthetic, on any increasing scale",
    "call": "1 or synthetic, 0 or real: the reader's call (without it, the rating and --cut say so)",
    "realism": "how realistic the case looks, on any increasing scale",
    "source": "what made a synthetic case",
    "arm": "condition of the reading",
    "repeat": "0 for a first reading, 1, 2, ... for repeats",
    "position": "place in the reader's order",
    "seconds": "time spent",
    "group": "group of the reader",
}


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
        for name, text in COLUMNS.items():
            parser.add_argument(f"--{name}", default="", metavar="COLUMN", help=text)
        pair = {"action": "append", "default": [], "metavar": "NAME=COLUMN"}
        parser.add_argument("--finding", **pair, help="1 where the reader says that the finding is there; repeatable")
        parser.add_argument("--known-finding", **pair, help="1 where the finding is there; repeatable")
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
                columns = columns_of_file(file, _given(options))
                study = import_readings(workspace=workspace, user=None, file=file, columns=columns, **plan)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        rows = (study.protocol or {})["imported"]["rows"]
        self.stdout.write(
            f"{study.pk}: {rows:,} reads of {study.readers.count()} readers and {study.cases.count()} cases"
        )


def _given(options: dict[str, Any]) -> dict[str, str]:
    given = {name: options[name] for name in COLUMNS}
    for what, pairs in (("finding", options["finding"]), ("known finding", options["known_finding"])):
        for pair in pairs:
            name, equals, column = pair.partition("=")
            if not (name and equals and column):
                raise CommandError(f"--{what.replace(' ', '-')} takes NAME=COLUMN, not {pair!r}.")
            given[f"{what} {name}"] = column
    return given
