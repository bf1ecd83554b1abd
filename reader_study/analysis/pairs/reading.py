"""Comparisons from a CSV file with any column names."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.pairs.table import LEFT, RIGHT, TIE, PairTable

# What a file may call the sides and a tie, besides the label of what was chosen.
_WORDS = {"left": LEFT, "l": LEFT, "right": RIGHT, "r": RIGHT, "tie": TIE, "equal": TIE, "same": TIE, "both": TIE}
_MISSING = ("", "na", "nan")


@dataclass(frozen=True, slots=True)
class PairColumns:
    """Which column holds what. tie: one more word that the file has for a tie."""

    reader: str
    pair: str
    left: str
    right: str
    chosen: str
    tie: str = "tie"


def read_pairs(lines: Iterable[str], columns: PairColumns) -> PairTable:
    """The comparisons of a CSV with a header, one row each.

    chosen: left or right (l, r), a tie (tie, equal, same, both or `columns.tie`), or the label of the chosen picture;
    empty or NA = no answer. Raises AnalysisError with the number of the row at fault.
    """
    rows = csv.DictReader(lines)
    named = (columns.reader, columns.pair, columns.left, columns.right, columns.chosen)
    absent = [name for name in named if name not in (rows.fieldnames or ())]
    if absent:
        raise AnalysisError(f"There is no column {absent[0]!r}. The file has: {', '.join(rows.fieldnames or ())}.")
    found: list[tuple[str, str, str, str, float]] = []
    for number, row in enumerate(rows, start=2):
        labels = [(row[name] or "").strip() for name in named[:4]]
        if not all(labels):
            raise AnalysisError(f"Row {number}: reader, pair, left and right must not be empty.")
        reader, pair, left, right = labels
        found.append((reader, pair, left, right, _chosen(row, (left, right), columns, number)))
    readers, pairs, lefts, rights, chosen = zip(*found, strict=True) if found else ((), (), (), (), ())
    return PairTable.build(reader=readers, pair=pairs, left=lefts, right=rights, chosen=chosen)


def _chosen(row: Mapping[str, str | None], sides: tuple[str, str], columns: PairColumns, number: int) -> float:
    text = (row[columns.chosen] or "").strip()
    if text.lower() in _MISSING:
        return float("nan")
    if text.lower() == columns.tie.lower():
        return TIE
    if sides[0] != sides[1] and text in sides:
        return LEFT if text == sides[0] else RIGHT
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    raise AnalysisError(f"Row {number}: {text!r} is neither left, right, a tie nor one of {sides[0]!r}, {sides[1]!r}.")
