"""`manage.py demo`: the whole way once, on phantoms. `make demo` runs it with servers and workers beside it."""

import os
import time
import traceback
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.people import sign_in_link
from config.demo.progress import Progress, Stage
from config.demo.stages import SMALL, STAGES, House, Size, StageFailed, move_in
from config.demo.tables import print_results, print_score_card
from images.models import ImportRun


class Command(BaseCommand):
    """Run every stage that is not done yet."""

    help = "Fill the house with the demonstration; a second run finds everything done."

    def add_arguments(self, parser: CommandParser) -> None:
        """Switches."""
        parser.add_argument("--serving", action="store_true", help="print sign-in links once the site answers")
        parser.add_argument("--once", action="store_true", help="print the score card and the results at the end")
        parser.add_argument("--small", action="store_true", help="make as little as shows that every stage works")
        parser.add_argument("--checkpoint", type=Path, help="a diffusers folder to use in place of the bundled one")
        parser.add_argument("--real", type=Path, help="a folder of real radiographs to use in place of phantoms")
        parser.add_argument(
            "--layout", default="nih", choices=ImportRun.Layout.values, help="how that folder is laid out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; fails at the first stage that fails."""
        if not settings.DEMO:
            raise CommandError("The demonstration runs with NEGATOSCOPE_DEMO=1, as `make demo` sets it.")
        house = move_in(_size(options))
        progress = Progress([Stage(title) for title, _ in STAGES])
        progress.save()
        if options["serving"]:
            self._print_links(house)
        self._run_stages(house, progress)
        if options["serving"]:
            self._print_links(house)
        if options["once"]:
            assert house.card and house.study
            print_score_card(house.card, self.stdout)
            print_results(house.study, self.stdout)

    def _run_stages(self, house: House, progress: Progress) -> None:
        for stage, (title, work) in zip(progress.stages, STAGES, strict=True):
            started = time.monotonic()
            self._say(progress, stage, "running", "")
            try:
                detail = work(house, lambda text, stage=stage: self._say(progress, stage, "running", text))  # type: ignore[misc]
            except Exception as error:
                self._say(progress, stage, "failed", str(error))
                if not isinstance(error, StageFailed):
                    self.stderr.write(traceback.format_exc())
                raise CommandError(f"{title} failed: {error}") from error
            self._say(progress, stage, "done", detail)
            self.stdout.write(f"{title}: {detail} ({time.monotonic() - started:.0f} s)")

    def _say(self, progress: Progress, stage: Stage, state: str, detail: str) -> None:
        stage.state, stage.detail = state, detail
        progress.save()

    def _print_links(self, house: House) -> None:
        base = f"http://localhost:{os.environ.get('PORT', '8000')}"
        _wait_for(base)
        self.stdout.write(f"\nNegatoscope is at {base}\nSign in as:")
        for user in house.people():
            self.stdout.write(f"  {user.first_name or user.username:<12} {sign_in_link(user, base)}")
        self.stdout.write("")


def _size(options: dict[str, Any]) -> Size:
    size = SMALL if options["small"] else Size()
    if options["checkpoint"]:
        size = replace(size, checkpoint=options["checkpoint"].resolve())
    if options["real"]:
        size = replace(size, real=options["real"].resolve(), layout=options["layout"])
    return size


def _wait_for(base: str, patience: float = 60.0) -> None:
    """Until the site answers."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{base}/health/", timeout=5).close()  # noqa: S310  our own address
        except OSError:  # refused, or not in time
            time.sleep(0.5)
        else:
            return
