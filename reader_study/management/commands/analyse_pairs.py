"""manage.py analyse_pairs FILE.csv --reader COL --pair COL --left COL --right COL --chosen COL --json OUT"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.methods import methods_in
from reader_study.analysis.pairs import PairsAnalysis, analyse_pairs
from reader_study.analysis.pairs.reading import PairColumns, read_pairs
from reader_study.analysis.plain import plain

COLUMNS = {
    "reader": "who chose",
    "pair": "which pair was shown; a reader answers each once",
    "left": "where the left picture comes from: real, or a generator's name",
    "right": "where the right picture comes from",
    "chosen": "left, right, a tie, or the label of the chosen picture",
}


class Command(BaseCommand):
    """Analyse comparisons of two pictures; no database is needed."""

    help = "Analyse comparisons of two pictures from a CSV: two-alternative accuracy and Bradley-Terry abilities."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, its columns, and what is asked of it."""
        parser.add_argument("file", type=Path, help="a CSV with a header, one row a comparison")
        for name, text in COLUMNS.items():
            parser.add_argument(f"--{name}", default=name, metavar="COLUMN", help=f"{text} (column; default: {name})")
        parser.add_argument("--tie", default="tie", metavar="WORD", help="what the file says for a tie")
        parser.add_argument("--real", default="real", metavar="LABEL", help="the label of real pictures")
        parser.add_argument(
            "--asked", choices=("synthetic", "real"), default="synthetic",
            help="what the chosen picture is said to be; real also stands for preferred",
        )  # fmt: skip
        parser.add_argument("--reference", metavar="LABEL", help="the label with ability 0 (default: the real one)")
        parser.add_argument("--no-side-effect", action="store_true", help="leave the left place out of the model")
        parser.add_argument("--margin", type=float, default=0.1, help="equivalence to chance: 0.5 plus or minus this")
        parser.add_argument("--alpha", type=float, default=0.05, help="level of tests and intervals")
        parser.add_argument("--json", required=True, type=Path, metavar="OUT", help="the results file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse and write, or say which row is at fault."""
        try:
            analysis = self._analyse(options)
        except AnalysisError as error:
            raise CommandError(str(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}.") from error
        document = plain(analysis)
        methods = {name: plain(method) for name, method in methods_in(document).items()}
        text = json.dumps({"format": "negatoscope-pairs-1", "analysis": document, "methods": methods}, indent=2)
        try:
            options["json"].write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['json']} cannot be written: {error.strerror}.") from error
        self.stdout.write(_sentence(analysis))

    def _analyse(self, options: dict[str, Any]) -> PairsAnalysis:
        columns = PairColumns(**{name: options[name] for name in COLUMNS}, tie=options["tie"])
        with options["file"].open(encoding="utf-8-sig", newline="") as file:
            table = read_pairs(file, columns)
        return analyse_pairs(
            table,
            real=options["real"],
            asked=options["asked"],
            reference=options["reference"],
            side_effect=not options["no_side_effect"],
            margin=options["margin"],
            alpha=options["alpha"],
        )


def _sentence(analysis: PairsAnalysis) -> str:
    choice, ranking = analysis.forced_choice, analysis.ranking
    first = choice.verdict.sentence if choice.verdict else choice.reason
    if ranking.reason:
        return f"{first}\n{ranking.reason}"
    order = sorted(ranking.abilities, key=lambda ability: -(ability.log_odds.value or 0.0))
    scale = ", ".join(f"{ability.label} {ability.log_odds.value:+.2f}" for ability in order)
    return f"{first}\nLog-odds of being taken for the more real picture, against {ranking.reference}: {scale}."
