"""Say which networks can be used here, and fetch published weights."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.features.base import ExtractorError
from evaluation.features.registry import EXTRACTORS
from evaluation.features.xrv_hub import HUB_WEIGHTS, download_hub_weights, hub_path
from evaluation.weights import classifier_folders, weights_of_folder


class Command(BaseCommand):
    """manage.py extractors [--download WEIGHTS]"""

    help = "List the extractors and whether their weights are on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to fetch, if anything."""
        parser.add_argument("--download", choices=HUB_WEIGHTS, help="fetch these published weights")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for every choice of weights."""
        if options["download"]:
            try:
                self.stdout.write(f"ready: {download_hub_weights(options['download'])}")
            except ExtractorError as error:
                raise CommandError(str(error)) from error
            return
        for name in HUB_WEIGHTS:
            ready = "ready  " if hub_path(name).is_file() else "missing"
            self.stdout.write(f"{ready}  xrv-densenet     {name}")
        for folder in classifier_folders():
            self.stdout.write(f"ready    xrv-densenet     {weights_of_folder(folder)}")
        for kind in EXTRACTORS.values():
            if not kind.for_conclusions:
                self.stdout.write(f"ready    {kind.name}  {kind.title}")
