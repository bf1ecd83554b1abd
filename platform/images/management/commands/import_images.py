"""Import a folder from the command line, at once and in this process."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from images.datasets.options import ALLOCATIONS, UNCERTAIN, OptionError, ReadingOptions, words
from images.management.choices import user_of, workspace_of
from images.models import ImportRun, Source
from images.services import cancel_import, run_import, start_import
from jobs.models import RunState

REFUSALS_PRINTED = 20


class Command(BaseCommand):
    """`manage.py import_images DIR --layout mimic --split test --views PA,AP`."""

    help = "Make an image set of a folder of radiographs. Files that cannot be taken are named with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("directory", type=Path, nargs="?", help="any folder on this machine")
        parser.add_argument("--layout", choices=ImportRun.Layout.values)
        parser.add_argument("--resume", type=UUID, metavar="ID", help="go on with an import that was killed")
        parser.add_argument("--name", help="name of the image set (default: the folder's)")
        parser.add_argument("--workspace", help="slug of the workspace (default: the only one)")
        parser.add_argument("--user", help="user name of the person who imports (default: nobody)")
        parser.add_argument("--source", choices=Source.values, default=Source.REAL)
        parser.add_argument("--description", default="", help="where the images come from, under which terms")
        parser.add_argument("--phantom", action="store_true", help="label the images as drawn phantoms")
        _add_reading(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, saying how far it is; a non-zero exit status where no set was made."""
        run = _resumed(options["resume"]) if options["resume"] else _started(**options)
        self.stdout.write(f"Import {run.pk}; where it is killed, it goes on with --resume {run.pk}")
        try:
            run_import(run, tell=self._tell)
        except KeyboardInterrupt:
            run.request_cancel()
            run.cancelled()
            cancel_import(run)
            raise CommandError("Stopped: no image set was made.") from None
        if not run.is_finished:
            raise CommandError("Its worker may still live: try again a minute after its last sign of life.")
        self._print_report(run)
        if run.state != RunState.SUCCEEDED or run.image_set is None:
            raise CommandError(run.error or f"The import ended as {run.state}.")
        self.stdout.write(f"Image set {run.image_set.pk}: {run.image_set.count} images, digest {run.image_set.digest}")

    def _tell(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")

    def _print_report(self, run: ImportRun) -> None:
        refused = run.report.get("refused", [])
        for entry in refused[:REFUSALS_PRINTED]:
            self.stderr.write(f"{entry['file']}: {entry['reason']}")
        for note, count in run.report.get("notes", {}).items():
            self.stderr.write(f"{note}: {count}")
        if run.report:
            more = ", the first named above" if len(refused) > REFUSALS_PRINTED else ""
            self.stdout.write(f"{run.report['imported']} imported, {run.report['refused_count']} refused{more}")
        if near := run.report.get("near_duplicates", {}).get("count"):
            self.stdout.write(f"{near} pairs of near duplicates; manage.py find_duplicates lists them")


def _add_reading(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("what of a collection is wanted")
    group.add_argument(
        "--uncertain", choices=UNCERTAIN, default="ignore", help="labels of -1: left open, absent or present"
    )
    group.add_argument(
        "--labels", default="", help="mimic: chexpert, negbio, radiologist; chexpert-plus: impression, ..."
    )
    group.add_argument(
        "--split", type=words, default=(), metavar="PART,...", help="such as train, valid, validate, test"
    )
    group.add_argument(
        "--views", type=words, default=(), metavar="VIEW,...", help="such as PA,AP; frontal for all frontal"
    )
    group.add_argument("--sample", type=int, default=0, metavar="N", help="draw so many before any picture is read")
    group.add_argument("--by", type=words, default=(), metavar="finding,sex,age_band,view", help="strata of the draw")
    group.add_argument("--allocation", choices=ALLOCATIONS, default="proportional", help="of the draw to its strata")
    group.add_argument("--seed", type=int, default=0, help="of the draw")
    group.add_argument("--one-per-patient", action="store_true", help="draw at most one image of each patient")


def _started(**options: Any) -> ImportRun:
    if options["directory"] is None or options["layout"] is None:
        raise CommandError("Give the folder and --layout (or --resume ID).")
    directory: Path = options["directory"].expanduser().resolve()
    try:
        return start_import(
            workspace=workspace_of(options["workspace"]),
            name=options["name"] or directory.name,
            layout=options["layout"],
            user=user_of(options["user"]),
            directory=str(directory),
            source=options["source"],
            is_phantom=options["phantom"],
            description=options["description"],
            options=_reading(options),
            roots=[directory],
            queue=False,
        )
    except OptionError as error:
        raise CommandError(str(error)) from error
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error


def _reading(options: dict[str, Any]) -> ReadingOptions:
    names = ("uncertain", "labels", "views", "sample", "by", "allocation", "seed", "one_per_patient")
    return ReadingOptions(splits=options["split"], **{name: options[name] for name in names})


def _resumed(pk: UUID) -> ImportRun:
    run = ImportRun.objects.filter(pk=pk).first()
    if run is None:
        raise CommandError(f"There is no import {pk}.")
    if run.is_finished:
        raise CommandError(f"That import has ended ({run.get_state_display().lower()}).")
    return run
