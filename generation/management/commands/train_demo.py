"""manage.py train_demo: train the demonstration's checkpoint and classifier on phantoms."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """The same as `python -m generation.training`; stopped at any moment, it goes on where it was when called again."""

    help = "Train the demonstration's checkpoint and classifier on phantoms; takes up an interrupted training."

    def add_arguments(self, parser: CommandParser) -> None:
        """Places, stages and sizes."""
        from generation.training.options import add_options

        home = Path(settings.BASE_DIR)
        add_options(parser, work=home / "var" / "train_demo", output=home / "demo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, with a line of progress now and then."""
        from generation.training.run import run_with

        run_with(Namespace(**options), self.stdout.write)
