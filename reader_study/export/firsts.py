"""First readings, kept small: what every file but the long table is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reader_study.export.cells import Cell
from reader_study.export.scores import Score, ScoreFile
from reader_study.export.wide import Grid

ONE_ARM = "reading"


class First(NamedTuple):
    """One first reading. truth and source are None in a blinded export."""

    reader: str
    case: str
    arm: str
    truth: int | None
    source: str | None
    rating: float | None
    call: float | None
    realism: float | None


def first_of(row: dict[str, Cell]) -> First:
    """The first reading that a row of the long table is."""
    truth = row.get("truth")
    return First(
        reader=str(row["reader_code"]),
        case=str(row["case_code"]),
        arm=str(row.get("arm") or ONE_ARM),
        truth=None if truth is None else int(str(truth)),
        source=None if truth is None else str(row.get("generator") or row.get("source")),
        rating=_number(row.get("rating")),
        call=_number(row.get("call")),
        realism=_number(row.get("realism")),
    )


def scores_of(title: str, firsts: Iterable[First]) -> ScoreFile:
    """Truth and ratings of unblinded first readings; readings without a rating are left out."""
    rated = [one for one in firsts if one.rating is not None]
    truth = {one.case: int(one.truth or 0) for one in sorted(rated, key=lambda one: one.case)}
    scores = [Score(one.reader, one.case, one.arm, one.rating) for one in rated if one.rating is not None]
    return ScoreFile(title, truth, scores)


def grids_of(firsts: Sequence[First]) -> dict[str, Grid]:
    """The tables "ratings", "calls" and "realism" that have any value: cases by readers, with truth where it is known.

    Where there are several arms, every reader has one column for each.
    """
    several = len({one.arm for one in firsts}) > 1
    raters = {(one.reader, one.arm): f"{one.reader} ({one.arm})" if several else one.reader for one in firsts}
    cases = sorted({one.case for one in firsts})
    about: dict[str, dict[str, Cell]] = {}
    if any(one.truth is not None for one in firsts):
        about = {"source": {one.case: one.source for one in firsts}, "truth": {one.case: one.truth for one in firsts}}
    grids = {}
    for name, column in (("ratings", "rating"), ("calls", "call"), ("realism", "realism")):
        answers = ((one, getattr(one, column)) for one in firsts)
        values = {(one.case, raters[one.reader, one.arm]): value for one, value in answers if value is not None}
        if values:
            grids[name] = Grid(cases, [raters[place] for place in sorted(raters)], values, about)
    return grids


def _number(value: Cell) -> float | None:
    return None if value is None else float(str(value))
