"""Import a folder from the command line, at once and in this process."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User, Workspace
from images.models import ImportRun, Source
from images.services import run_import, start_import
from jobs.models import RunState

REFUSALS_PRINTED = 20


class Command(BaseCommand):
    """`manage.py import_images DIR --layout nih|csv|dicom`."""

    help = "Make an image set of a folder of radiographs. Files that cannot be taken are named with the reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("directory", type=Path, help="any folder on this machine")
        parser.add_argument("--layout", choices=ImportRun.Layout.values, required=True)
        parser.add_argument("--name", help="name of the image set (default: the folder's)")
        parser.add_argument("--workspace", help="slug of the workspace (default: the only one)")
        parser.add_argument("--user", help="user name of the person who imports (default: nobody)")
        parser.add_argument("--source", choices=Source.values, default=Source.REAL)
        parser.add_argument("--description", default="", help="where the images come from, under which terms")
        parser.add_argument("--phantom", action="store_true", help="label the images as drawn phantoms")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, saying how far it is; a non-zero exit status where no set was made."""
        run = self._started(**options)
        try:
            run_import(run, tell=self._tell)
        except KeyboardInterrupt:
            run.request_cancel()
            run.cancelled()
            raise CommandError("Stopped: no image set was made.") from None
        self._print_report(run)
        if run.state != RunState.SUCCEEDED or run.image_set is None:
            raise CommandError(run.error or f"The import ended as {run.state}.")
        self.stdout.write(f"Image set {run.image_set.pk}: {run.image_set.count} images, digest {run.image_set.digest}")

    def _started(self, **options: Any) -> ImportRun:
        directory: Path = options["directory"].expanduser().resolve()
        try:
            return start_import(
                workspace=_workspace(options["workspace"]),
                name=options["name"] or directory.name,
                layout=options["layout"],
                user=_user(options["user"]),
                directory=str(directory),
                source=options["source"],
                is_phantom=options["phantom"],
                description=options["description"],
                roots=[directory],
                queue=False,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

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


def _workspace(slug: str | None) -> Workspace:
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if slug or not found:
        raise CommandError(f"There is no workspace {slug}." if slug else "There is no workspace yet.")
    raise CommandError("There are several workspaces: name one with --workspace SLUG.")


def _user(username: str | None) -> User | None:
    if not username:
        return None
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(f"There is no user {username}.") from None
