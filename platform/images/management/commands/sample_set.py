"""Draw a new image set from another one."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from images.datasets.options import ALLOCATIONS, words
from images.management.choices import image_set_of, user_of
from images.services import options_of, sample_set


class Command(BaseCommand):
    """`manage.py sample_set SET --n 2000 --by finding,sex,age_band,view --seed 0 --name "Reference"`."""

    help = "Draw a stratified sample of an image set into a new, named set; the same seed always draws the same images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("image_set", metavar="SET", help="id or name of the set to draw from")
        parser.add_argument("--n", type=int, required=True, help="how many images to draw")
        parser.add_argument("--by", type=words, default=(), metavar="finding,sex,age_band,view", help="the strata")
        parser.add_argument("--allocation", choices=ALLOCATIONS, default="proportional")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--views", type=words, default=(), metavar="VIEW,...", help="only these, such as PA,AP")
        parser.add_argument("--one-per-patient", action="store_true", help="at most one image of each patient")
        parser.add_argument(
            "--without-duplicates", action="store_true", help="leave out what looks like an earlier image"
        )
        parser.add_argument("--name", required=True, help="name of the new set")
        parser.add_argument("--workspace", help="slug of the workspace in which SET is a name (default: the only one)")
        parser.add_argument("--user", help="user name of the person who draws (default: nobody)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw, and say what was made."""
        try:
            drawn = sample_set(
                image_set=image_set_of(options["image_set"], options["workspace"]),
                name=options["name"],
                options=options_of(
                    sample=options["n"],
                    by=options["by"],
                    seed=options["seed"],
                    views=options["views"],
                    allocation=options["allocation"],
                    one_per_patient=options["one_per_patient"],
                ),
                without_duplicates=options["without_duplicates"],
                user=user_of(options["user"]),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Image set {drawn.pk}: {drawn.count} images, digest {drawn.digest}")
