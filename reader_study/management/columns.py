"""Options of commands that read a file of readings: which column holds what."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

COLUMNS = {
    "reader": "who read: one code a reader",
    "case": "what was read: one code a case",
    "truth": "1 or synthetic, 0 or real",
    "rating": "confidence that the case is synthetic, on any increasing scale",
    "call": "1 or synthetic, 0 or real: the reader's call (without it, the rating and --cut say so)",
    "realism": "how realistic the case looks, on any increasing scale",
    "source": "what made a synthetic case",
    "arm": "condition of the reading",
    "repeat": "0 for a first reading, 1, 2, ... for repeats",
    "position": "place in the reader's order",
    "seconds": "time spent",
    "group": "group of the reader",
}


def add_columns(parser: ArgumentParser) -> None:
    """One option for everything that a column may hold."""
    for name, text in COLUMNS.items():
        parser.add_argument(f"--{name}", default="", metavar="COLUMN", help=text)
    for option, text in (
        ("--finding", "the reader says that the finding is there"),
        ("--known-finding", "it is there"),
    ):
        parser.add_argument(
            option, action="append", default=[], metavar="NAME=COLUMN", help=f"1 where {text}; repeatable"
        )


def given_columns(options: dict[str, Any]) -> dict[str, str]:
    """What was named on the command line, by what it holds. Raises CommandError for a finding without a column."""
    given = {name: options[name] for name in COLUMNS if options[name]}
    for what, pairs in (("finding", options["finding"]), ("known finding", options["known_finding"])):
        for pair in pairs:
            name, equals, column = pair.partition("=")
            if not (name and equals and column):
                raise CommandError(f"--{what.replace(' ', '-')} takes NAME=COLUMN, not {pair!r}.")
            given[f"{what} {name}"] = column
    return given
