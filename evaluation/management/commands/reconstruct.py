"""Send images through a checkpoint's autoencoder, here and now."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.management.lookup import row_named, set_named, workspace_named
from evaluation.reconstruction.services import start_reconstruction
from evaluation.reconstruction.working import run_reconstruction
from generation.models import Checkpoint
from jobs.models import RunState


class Command(BaseCommand):
    """manage.py reconstruct CHECKPOINT IMAGE_SET [--name NAME]"""

    help = "Encode and decode every image of a set with a checkpoint's autoencoder, and keep the results as a set."

    def add_arguments(self, parser: CommandParser) -> None:
        """The checkpoint, the images, the name of what comes out."""
        parser.add_argument("checkpoint", help="a registered checkpoint, by name or id")
        parser.add_argument("image_set", help="an image set, by name or id")
        parser.add_argument("--name", default="", help="of the new image set")
        parser.add_argument("--workspace", help="slug; needed where there are several")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run in this process; the run is stored as any other."""
        workspace = workspace_named(options["workspace"])
        try:
            run = start_reconstruction(
                checkpoint=row_named(Checkpoint, workspace, options["checkpoint"]),
                originals=set_named(workspace, options["image_set"]),
                name=options["name"],
                user=None,
                queue=False,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        run_reconstruction(run)
        run.refresh_from_db()
        if run.state != RunState.SUCCEEDED or run.image_set is None:
            raise CommandError(run.error or f"The run ended as {run.get_state_display().lower()}.")
        self.stdout.write(f"Image set {run.image_set.pk}: {run.image_set.name}, {run.image_set.count} images")
        self.stdout.write(
            f'Score it: manage.py score "{run.originals.name}" "{run.image_set.name}" --workspace {workspace.slug}'
        )
