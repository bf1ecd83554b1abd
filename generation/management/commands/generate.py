"""manage.py generate: the same run that the page and the API start, from the command line."""

import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from generation.management.commands.register_checkpoint import workspace_by_slug
from generation.models import Checkpoint, GenerationRun
from generation.services import import_prompt_set, register_checkpoint, start_generation
from generation.working import work_on
from jobs.models import RunState


class Command(BaseCommand):
    """Start a run and do its work in this process, next to any workers; with --queue only watch them."""

    help = "Generate pictures of every prompt of a CSV file with a registered checkpoint or a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to generate, and how."""
        parser.add_argument("--checkpoint", required=True, metavar="NAME|PATH")
        parser.add_argument("--prompts", required=True, type=Path, metavar="CSV")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--name", default="")
        parser.add_argument("--seeds-per-prompt", type=int, default=1)
        parser.add_argument("--steps", type=int, default=30)
        parser.add_argument("--guidance", type=float, default=4.0)
        parser.add_argument("--size", type=int, default=0, help="pixels; default: what the checkpoint was made for")
        parser.add_argument("--batch-size", type=int, default=8, help="pictures at once; never changes a pixel")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--scheduler", default="")
        parser.add_argument("--negative-prompt", default="")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers and only watch")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, wait, and print the image set."""
        workspace = workspace_by_slug(options["workspace"])
        try:
            run = self._start(workspace, options)
        except (ValidationError, OSError) as error:
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise CommandError(words) from error
        self.stdout.write(f"Run {run.pk}: {run.total} pictures")
        self._wait(run, work=not options["queue"])
        if run.state != RunState.SUCCEEDED:
            raise CommandError(f"The run {run.state}. {run.error}".strip())
        assert run.image_set is not None
        self.stdout.write(f"Image set {run.image_set.pk}: {run.image_set.count} images, {run.image_set.digest}")

    def _start(self, workspace: Workspace, options: dict[str, Any]) -> GenerationRun:
        checkpoint = self._checkpoint(workspace, options["checkpoint"])
        file: Path = options["prompts"]
        prompts = import_prompt_set(workspace=workspace, name=file.stem, data=file.read_bytes(), user=None)
        names = ("name", "seeds_per_prompt", "steps", "guidance", "batch_size", "seed", "scheduler", "negative_prompt")
        return start_generation(
            checkpoint=checkpoint,
            prompt_set=prompts,
            size=options["size"] or checkpoint.facts["resolution"],
            user=None,
            **{name: options[name] for name in names},
        )

    def _checkpoint(self, workspace: Workspace, named: str) -> Checkpoint:
        known = Checkpoint.objects.filter(workspace=workspace, name=named).first()
        if known is not None:
            return known
        if not Path(named).is_dir():
            names = ", ".join(Checkpoint.objects.filter(workspace=workspace).values_list("name", flat=True))
            raise ValidationError(
                f"{named} is neither a checkpoint of this workspace ({names or 'none'}) nor a folder."
            )
        return register_checkpoint(workspace=workspace, name=Path(named).resolve().name, location=named, user=None)

    def _wait(self, run: GenerationRun, *, work: bool) -> None:
        shown = -1
        while not run.is_finished:
            if work:
                work_on(run)
            run.refresh_from_db()
            if run.done != shown:
                shown = run.done
                self.stdout.write(f"{run.done} of {run.total}")
            elif not run.is_finished:
                time.sleep(0.5)
