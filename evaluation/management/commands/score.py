"""Score one image set against another, or one folder against another, here and now, and print the card."""

import json
import os
import uuid
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from accounts.models import Workspace
from evaluation.features.base import ExtractorError
from evaluation.features.registry import EXTRACTORS, open_extractor
from evaluation.folders import read_folder, score_folders
from evaluation.metrics import METRICS, MetricError, Settings
from evaluation.models import OperatingPoint, Score, ScoreCard
from evaluation.presentation import card_document, card_table
from evaluation.scoring import provenance, set_facts, settings_facts
from evaluation.services import SUBGROUPS, Network, run_scoring, start_scoring, to_score
from evaluation.verdict import verdict
from evaluation.weights import SEPARATOR, resolve_weights
from images.layouts import FolderError
from images.models import ImageSet

EXAMPLES = """\
examples:
  manage.py score "NIH sample" "Phantoms by request" --weights densenet121-res224-all
  manage.py score real/ made/ --metrics frechet_distance,precision --json scores.json
"""


class Command(BaseCommand):
    """manage.py score REAL SYNTHETIC [--metrics ...] [--extractor ... --weights ...] [--json OUT]"""

    help = "Score synthetic images against real ones and print every score with its interval."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """With examples, laid out as they are."""
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """What is compared, by which networks, on what, and where the numbers go."""
        parser.add_argument("real", help="the reference: an image set (name or id), or a folder of image files")
        parser.add_argument("synthetic", help="what is scored: an image set, or a folder where REAL is one")
        parser.add_argument("--training", help="the images that the model learnt from: an image set, or a folder")
        parser.add_argument("--extractor", default="xrv-densenet", help="network; see manage.py extractors")
        parser.add_argument("--weights", default="", help="published weights by name, or a folder")
        parser.add_argument(
            "--also",
            action="append",
            default=[],
            metavar="EXTRACTOR[:WEIGHTS]",
            help="further network; may be repeated",
        )
        parser.add_argument("--metrics", nargs="+", default=[], help="names, by spaces or commas; all if absent")
        parser.add_argument("--subgroups", nargs="+", default=[], help=f"scores by these, too: {', '.join(SUBGROUPS)}")
        parser.add_argument(
            "--operating-point",
            choices=OperatingPoint.values,
            default="weights",
            help="where a finding is called present",
        )
        parser.add_argument("--seed", type=int, default=0, help="decides subsamples and jackknife blocks")
        parser.add_argument("--anew", action="store_true", help="measure also what was measured before")
        parser.add_argument("--workspace", help="slug; needed where there are several")
        parser.add_argument("--json", metavar="OUT", help="write the whole card there as JSON; - prints it instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Folders are scored as they lie; the card of image sets is stored as any other."""
        out = _checked_target(options["json"])
        asked = {
            "metrics": _names(options["metrics"]),
            "subgroups": _names(options["subgroups"]),
        }
        networks = [(options["extractor"], options["weights"]), *map(_network, options["also"])]
        places = [options["real"], options["synthetic"], *filter(None, [options["training"]])]
        if all(Path(place).is_dir() for place in places):
            settings = Settings(seed=options["seed"], operating_point=options["operating_point"])
            card, scores = self._score_folders(places, networks, asked, settings)
        else:
            asked |= {"seed": options["seed"], "operating_point": options["operating_point"], "anew": options["anew"]}
            card, scores = self._score_sets(options["workspace"], places, networks, asked)
        self._show(card, scores, out)

    def _score_sets(
        self, slug: str | None, names: list[str], networks: list[Network], asked: dict[str, Any]
    ) -> tuple[ScoreCard, list[Score]]:
        workspace = _workspace(slug)
        real, synthetic, *training = (_image_set(workspace, name) for name in names)
        try:
            run = start_scoring(
                synthetic=synthetic,
                reference=real,
                training=next(iter(training), None),
                extractor=networks[0][0],
                weights=networks[0][1],
                also=networks[1:],
                **asked,
                user=None,
                queue=False,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            run_scoring(run)
        except KeyboardInterrupt:
            run.request_cancel()
            run.cancelled()
            raise CommandError("Stopped: no card was made. The features so far are kept.") from None
        run.refresh_from_db()
        if run.state != "succeeded":
            raise CommandError(run.error or f"The run ended as {run.get_state_display().lower()}.")
        return run.card, list(run.card.scores.all())

    def _score_folders(
        self, places: list[str], networks: list[Network], asked: dict[str, Any], settings: Settings
    ) -> tuple[ScoreCard, list[Score]]:
        _check_names(networks, **asked)
        try:
            real, synthetic, *training = (read_folder(Path(place)) for place in places)
            found = score_folders(
                synthetic=synthetic,
                reference=real,
                training=next(iter(training), None),
                extractors=[open_extractor(name, resolve_weights(weights)) for name, weights in networks],
                **asked,
                settings=settings,
                tell=self.stderr.write if self.stderr.isatty() else lambda message: None,
            )
        except (FolderError, ExtractorError, MetricError) as error:
            raise CommandError(str(error)) from error
        facts = provenance(
            synthetic=set_facts(found.synthetic.image_set),
            reference=set_facts(found.reference.image_set),
            training=set_facts(found.training.image_set) if found.training else None,
            networks=found.networks,
            settings=settings_facts(settings, **asked),
        )
        card = ScoreCard(
            synthetic=found.synthetic.image_set,
            reference=found.reference.image_set,
            provenance=facts,
            created_at=timezone.now(),
        )
        return card, [to_score(card, position, result) for position, result in enumerate(found.results)]

    def _show(self, card: ScoreCard, scores: Sequence[Score], out: Path | None) -> None:
        document = json.dumps(card_document(card, scores), indent=1, ensure_ascii=False) if out else ""
        if out == Path("-"):
            self.stdout.write(document)
            return
        if out:
            _write_whole(out, document)
        self.stdout.write(f"{card}{' (phantoms)' if card.is_phantom else ''}")
        self.stdout.write(card_table(scores))
        for statement in verdict(scores):
            self.stdout.write(f"{statement.axis}: {statement.text}")


def _checked_target(out: str | None) -> Path | None:
    """Where the JSON goes; said at once where that cannot be, not after the scoring."""
    if not out:
        return None
    path = Path(out)
    if out != "-" and (path.is_dir() or not path.parent.is_dir()):
        raise CommandError(f"--json {out}: name a file in a folder that is there.")
    return path


def _write_whole(path: Path, text: str) -> None:
    """All of it or nothing: whoever reads the file never finds half a card."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        draft.write_text(text + "\n", encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _names(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for word in words for name in word.split(",") if name))


def _network(text: str) -> Network:
    name, _, weights = text.partition(SEPARATOR)
    return name, weights


def _check_names(networks: Sequence[Network], *, metrics: Sequence[str], subgroups: Sequence[str]) -> None:
    for word, names, known in (
        ("extractor", [name for name, _ in networks], list(EXTRACTORS)),
        ("metric", metrics, list(METRICS)),
        ("subgroup attribute", subgroups, list(SUBGROUPS)),
    ):
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CommandError(f"There is no {word} {', '.join(map(repr, unknown))}. Known: {', '.join(known)}.")


def _workspace(slug: str | None) -> Workspace:
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) != 1:
        raise CommandError("Name one workspace by its slug: --workspace SLUG.")
    return found[0]


def _image_set(workspace: Workspace, name: str) -> ImageSet:
    """The newest set of this name, or the one of this id."""
    try:
        named = Q(name=name) | Q(pk=uuid.UUID(name))
    except ValueError:
        named = Q(name=name)
    found = ImageSet.objects.filter(named, workspace=workspace).order_by("-created_at").first()
    if found is None:
        mixed = " Score two folders, or two image sets." if Path(name).is_dir() else ""
        raise CommandError(f"There is no image set named {name!r} in {workspace}.{mixed}")
    return found
