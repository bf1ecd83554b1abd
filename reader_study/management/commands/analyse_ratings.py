"""manage.py analyse_ratings FILE.csv --reader COL --case COL --truth COL --rating COL [...] --json OUT"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reader_study.analysis import AnalysisError, StudyAnalysis
from reader_study.analysis.mrmc.single_arm import INFERENCES
from reader_study.export.errors import ExportError
from reader_study.management.columns import add_columns, given_columns
from reader_study.ratings import analyse_table, ratings_document, read_ratings

_PLAN = ("null", "margin", "alpha", "covariance", "inference", "method", "replicates", "seed")


class Command(BaseCommand):
    """Analyse readings of a file; no database is needed."""

    help = (
        "Analyse readings, one row a read, without a study: missing reads, split-plot designs and several arms are allowed. "
        "Columns that are not named are found by their usual names; '-' says that there is none."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, its columns, and how it is analysed."""
        parser.add_argument("file", type=Path, help="a CSV file with a header (comma, semicolon or tab; UTF-8)")
        add_columns(parser)
        parser.add_argument(
            "--cut", type=float, help="lowest rating that calls a case synthetic, without a column of calls"
        )
        parser.add_argument("--covariance", choices=("delong", "jackknife", "unbiased"), help="default: by the design")
        parser.add_argument(
            "--inference", choices=INFERENCES, default="RRRC", help="readers and cases random (RRRC), ..."
        )
        parser.add_argument(
            "--method", choices=("or", "ustat"), help="Obuchowski-Rockette or U-statistic; by the design"
        )
        parser.add_argument("--null", type=float, default=0.5, help="what the estimate is tested against (0.5)")
        parser.add_argument("--margin", type=float, default=0.1, help="equivalence: the null plus or minus this (0.1)")
        parser.add_argument("--alpha", type=float, default=0.05, help="1 - level of tests and intervals (0.05)")
        parser.add_argument("--replicates", type=int, default=2000, help="bootstrap replicates (2000)")
        parser.add_argument("--seed", type=int, default=1, help="seed of the bootstrap")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write everything to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse, print, write; or say which row is at fault."""
        try:
            table = read_ratings(options["file"], given_columns(options), cut=options["cut"])
            analysis = analyse_table(table, **{name: options[name] for name in _PLAN})
            document = ratings_document(analysis, options["file"])
        except (ExportError, AnalysisError) as error:
            raise CommandError("\n".join(getattr(error, "problems", (str(error),)))) from error
        self.stdout.write(_summary(analysis))
        if options["json"]:
            _write(options["json"], json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def _summary(analysis: StudyAnalysis) -> str:
    size, sections = analysis.size, analysis.arms.balanced_accuracy or analysis.arms.auc
    lines = [
        f"{size.n_reads} first readings of {size.n_readers} readers and {size.n_real} real and {size.n_synthetic} "
        f"synthetic cases; {size.n_repeats} repeats."
    ]
    if sections is None:
        seen = {endpoint.name: endpoint for endpoint in (analysis.primary, analysis.auc)}
        lines += [f"{one.verdict.sentence} {one.verdict.remark}".strip() for one in seen.values()]
    for found in (analysis.arms.balanced_accuracy, analysis.arms.auc):
        for one in found.differences if found else ():
            p = "" if one.p_holm is None else f", p {one.p_holm:.4g} (Holm)"
            lines.append(f"{found.name if found else ''} {one.first} less {one.second}: {one.estimate:+.4f}{p}")
    if analysis.primary.design:
        lines.append(analysis.primary.design.reason)
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
