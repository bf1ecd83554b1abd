"""Say which networks can be used here, and fetch published weights."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.features.base import ExtractorError
from evaluation.features.kinds import ExtractorKind
from evaluation.features.registry import EXTRACTORS
from evaluation.features.xrv_files import FILES, download_weights
from evaluation.weights import own_weights, weights_of_folder

COLUMNS = ("state", "extractor", "weights", "features", "input", "licence", "how_to_get")


class Command(BaseCommand):
    """manage.py extractors [--json] [--download WEIGHTS]"""

    help = (
        "List the extractors: whether their weights are on this machine, their input, their licence, how to get them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to fetch, if anything; how to print."""
        parser.add_argument("--download", choices=sorted(FILES), help="fetch these weights of torchxrayvision's")
        parser.add_argument("--json", action="store_true", help="print the list as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for every choice of weights, and below them what is missing and how to get it."""
        if options["download"]:
            try:
                self.stdout.write(f"ready: {download_weights(options['download'])}")
            except ExtractorError as error:
                raise CommandError(str(error)) from error
            return
        rows = list_extractors()
        self.stdout.write(json.dumps(rows, indent=1) if options["json"] else as_text(rows))


def list_extractors() -> list[dict[str, str]]:
    """One row a choice of weights: published names of every kind, then what lies under the checkpoint roots."""
    rows = [row(kind, weights) for kind in EXTRACTORS.values() for weights in kind.published or (kind.default_weights,)]
    own = [row(EXTRACTORS[kind], weights_of_folder(place), "ready") for kind, place in own_weights()]
    return rows + own


def row(kind: ExtractorKind, weights: str, state: str = "") -> dict[str, str]:
    """What is known of a kind with these weights without loading them."""
    here = state or ("ready" if kind.is_here(weights) else "missing")
    values = (here, kind.name, weights, kind.features, kind.input, kind.licence, kind.how_to_get)
    return {**dict(zip(COLUMNS, values, strict=True)), "title": kind.title, "scaling": kind.scaling}


def as_text(rows: list[dict[str, str]]) -> str:
    """A table of what is there, then each kind once with its facts."""
    lines = [f"{r['state']:<8} {r['extractor']:<16} {r['weights'] or '-'}" for r in rows]
    for name in dict.fromkeys(r["extractor"] for r in rows):
        facts = next(r for r in rows if r["extractor"] == name)
        lines += ["", f"{name}: {facts['title']}"]
        lines += [f"  {key.replace('_', ' ')}: {facts[key]}" for key in (*COLUMNS[3:], "scaling") if facts[key]]
    return "\n".join(lines)
