"""Train on synthetic images, test on real ones, here and now."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.management.lookup import set_named, workspace_named
from evaluation.usefulness.presentation import document, lines, sentence
from evaluation.usefulness.services import SIDES, start_usefulness
from evaluation.usefulness.working import run_usefulness
from jobs.models import RunState


class Command(BaseCommand):
    """manage.py usefulness REAL SYNTHETIC [--test SET] [--steps N] [--json OUT]"""

    help = "Train a classifier on real images, on synthetic ones and on both; test all three on the same real images."

    def add_arguments(self, parser: CommandParser) -> None:
        """The sets, the recipe, where the numbers go."""
        parser.add_argument("real", help="labelled real images: an image set by name or id")
        parser.add_argument("synthetic", help="synthetic images: an image set by name or id")
        parser.add_argument("--test", help="real images to test on; default: patients of the real set")
        parser.add_argument("--test-share", type=float, default=0.3)
        parser.add_argument("--finding", action="append", default=[], help="may be repeated; default: all in common")
        parser.add_argument("--side", type=int, default=128, choices=SIDES)
        parser.add_argument("--steps", type=int, default=800)
        parser.add_argument("--repeats", type=int, default=2, help="trainings of each kind, with different seeds")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--workspace", help="slug; needed where there are several")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write everything to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run in this process; the run is stored as any other."""
        workspace = workspace_named(options["workspace"])
        names = ("test_share", "side", "steps", "repeats", "seed")
        try:
            run = start_usefulness(
                real=set_named(workspace, options["real"]),
                synthetic=set_named(workspace, options["synthetic"]),
                test=set_named(workspace, options["test"]) if options["test"] else None,
                findings=options["finding"],
                user=None,
                queue=False,
                **{name: options[name] for name in names},
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        run_usefulness(run)
        run.refresh_from_db()
        if run.state != RunState.SUCCEEDED:
            raise CommandError(run.error or f"The run ended as {run.get_state_display().lower()}.")
        if options["json"]:
            options["json"].write_text(json.dumps(document(run), indent=1, ensure_ascii=False) + "\n")
        self.stdout.write(f"{run}{' (phantoms)' if run.is_phantom else ''}")
        self.stdout.write(lines(run.result))
        self.stdout.write(sentence(run.result))
