"""Score one image set against another, here and now, and print the card."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from evaluation.features.registry import EXTRACTORS
from evaluation.presentation import card_document, card_table
from evaluation.services import run_scoring, start_scoring
from evaluation.verdict import verdict
from images.models import ImageSet


class Command(BaseCommand):
    """manage.py score --synthetic NAME --reference NAME [--extractor ... --weights ...]"""

    help = "Score a synthetic image set against a reference set and print every score with its interval."

    def add_arguments(self, parser: CommandParser) -> None:
        """The two sets by name, the network, the workspace."""
        parser.add_argument("--synthetic", required=True, help="name of the image set to score")
        parser.add_argument("--reference", required=True, help="name of the real image set")
        parser.add_argument("--extractor", default="xrv-densenet", choices=list(EXTRACTORS))
        parser.add_argument(
            "--weights", default="", help="published weights by name, or a folder; see manage.py extractors"
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--workspace", help="slug; needed where there are several")
        parser.add_argument("--json", action="store_true", help="print the whole card as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run in this process; the card is stored as any other."""
        workspace = self._workspace(options["workspace"])
        try:
            run = start_scoring(
                synthetic=self._set(workspace, options["synthetic"]),
                reference=self._set(workspace, options["reference"]),
                extractor=options["extractor"],
                weights=options["weights"],
                seed=options["seed"],
                user=None,
                queue=False,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        run_scoring(run)
        run.refresh_from_db()
        if run.state != "succeeded":
            raise CommandError(run.error or f"The run ended as {run.get_state_display().lower()}.")
        scores = list(run.card.scores.all())
        if options["json"]:
            self.stdout.write(json.dumps(card_document(run.card, scores), indent=1, ensure_ascii=False))
            return
        self.stdout.write(f"{run.card}{' (phantoms)' if run.card.is_phantom else ''}")
        self.stdout.write(card_table(scores))
        for statement in verdict(scores):
            self.stdout.write(f"{statement.axis}: {statement.text}")

    @staticmethod
    def _workspace(slug: str | None) -> Workspace:
        found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
        if len(found) != 1:
            raise CommandError("Name one workspace by its slug: --workspace SLUG.")
        return found[0]

    @staticmethod
    def _set(workspace: Workspace, name: str) -> ImageSet:
        found = ImageSet.objects.filter(workspace=workspace, name=name).order_by("-created_at").first()
        if found is None:
            raise CommandError(f"There is no image set named {name!r} in {workspace}.")
        return found
