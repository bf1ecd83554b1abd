"""Score one array of features against another: no database, no images, no server."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.feature_files import (
    FeatureFileError,
    metric_names,
    read_sample,
    score_document,
    table,
    write_json,
)
from evaluation.metrics import MetricError, Settings, measure


class Command(BaseCommand):
    """manage.py score_features REAL.npy SYNTHETIC.npy [--metrics NAME ...] [--json OUT]"""

    help = "Score an array of synthetic images' features against an array of real images' features."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Two files, what the rows belong to, what to compute."""
        parser.add_argument("real", type=Path, help="features of real images, .npy of shape (images, features)")
        parser.add_argument("synthetic", type=Path, help="features of synthetic images, from the same extractor")
        parser.add_argument("--metrics", nargs="+", default=[], help="names; all that need features alone by default")
        parser.add_argument("--groups-real", type=Path, help="patient of every real row: text lines, or .npy")
        parser.add_argument("--groups-synthetic", type=Path, help="prompt of every synthetic row: text lines, or .npy")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", type=Path, help="write everything to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, measure, print; the file is written last and whole."""
        settings = Settings(seed=options["seed"])
        try:
            names = metric_names(options["metrics"])
            real = read_sample(options["real"], options["groups_real"])
            synthetic = read_sample(options["synthetic"], options["groups_synthetic"])
            if real.features.shape[1] != synthetic.features.shape[1]:
                raise FeatureFileError(
                    f"The rows differ in length: {real.features.shape[1]} in {options['real']}, "
                    f"{synthetic.features.shape[1]} in {options['synthetic']}. Both must come from one extractor."
                )
            results = measure(synthetic, real, names=names, settings=settings)
            self.stdout.write(table(results))
            if options["json"]:
                roles = ("real", "synthetic", "groups_real", "groups_synthetic")
                files = {role: options[role] for role in roles}
                sizes = {"real": list(real.features.shape), "synthetic": list(synthetic.features.shape)}
                write_json(score_document(results, files, sizes, settings), options["json"])
        except (FeatureFileError, MetricError) as error:
            raise CommandError(str(error)) from error
