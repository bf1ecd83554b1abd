"""List the pictures of a set that look the same."""

import csv
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from images.management.choices import image_set_of
from images.services.duplicates import described, find_near_duplicates


class Command(BaseCommand):
    """`manage.py find_duplicates SET > pairs.csv`."""

    help = "List pairs of images of a set that look the same: one saved, resized or brightened anew from the other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("image_set", metavar="SET", help="id or name of the set")
        parser.add_argument("--workspace", help="slug of the workspace in which SET is a name (default: the only one)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a CSV of pairs; the count, and whether the search was complete, go to the error stream."""
        image_set = image_set_of(options["image_set"], options["workspace"])
        found = find_near_duplicates(image_set)
        table = csv.writer(self.stdout)
        table.writerow(["first", "second", "first_group", "second_group", "bits", "correlation"])
        for first, second, pair in described(image_set, found.pairs):
            alike = f"{pair.correlation:.4f}"
            table.writerow([first.image.sha256, second.image.sha256, first.group, second.group, pair.bits, alike])
        self.stderr.write(f"{len(found.pairs)} pairs among {image_set.count} images")
        if not found.complete:
            self.stderr.write("There were too many alike to compare them all; the list is not complete.")
