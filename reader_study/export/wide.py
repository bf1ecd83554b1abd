"""Wide tables for agreement: one row a case and one column a reader, or readers as rows.

irr and irrCAC take the first as it is once the columns before the readers are dropped; krippendorff takes the second.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reader_study.export.cells import Cell, unquoted
from reader_study.export.columns import Column
from reader_study.export.errors import ExportError
from reader_study.export.tables import write_csv

CASE, READER = "case_code", "reader_code"
WIDE_COLUMNS = (
    Column(CASE, "text", "Code of the case: one row a case"),
    Column("source", "text", "real, or what made the case; not in a blinded export"),
    Column("truth", "integer", "Positive class; not in a blinded export", values="0, real | 1, synthetic"),
)
BY_READER_COLUMNS = (Column(READER, "text", "Code of the reader: one row a reader, then one column a case"),)


@dataclass(frozen=True)
class Grid:
    """values: case and reader to the value of the first reading; what is not there is missing.

    about: further columns, such as truth, each from case to value.
    """

    cases: Sequence[str]
    readers: Sequence[str]
    values: Mapping[tuple[str, str], float]
    about: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)


def write_wide(grid: Grid) -> Iterator[bytes]:
    """One row a case. Raises ExportError where a reader's code is the name of a column of ours."""
    before = [CASE, *grid.about]
    if taken := set(before) & set(grid.readers):
        raise ExportError(f"A reader is called {min(taken)}, like a column.")
    rows = (
        {
            CASE: case,
            **{name: values.get(case) for name, values in grid.about.items()},
            **{reader: _short(grid.values.get((case, reader))) for reader in grid.readers},
        }
        for case in grid.cases
    )
    return write_csv([*before, *grid.readers], rows)


def write_by_reader(grid: Grid) -> Iterator[bytes]:
    """One row a reader, one column a case. Raises ExportError for a case called like the first column."""
    if READER in grid.cases:
        raise ExportError(f"A case is called {READER}, like a column.")
    rows = (
        {READER: reader, **{case: _short(grid.values.get((case, reader))) for case in grid.cases}}
        for reader in grid.readers
    )
    return write_csv([READER, *grid.cases], rows)


def read_wide(data: bytes, about: Sequence[Column] = ()) -> Grid:
    """A table written by `write_wide` with the columns `about` before the readers."""
    header, rows = _table(data)
    first = 1 + len(about)
    cases, readers = [row[0] for row in rows], header[first:]
    known: dict[str, dict[str, Cell]] = {
        column.name: {row[0]: _about(row[place], column) for row in rows} for place, column in enumerate(about, 1)
    }
    values = {(row[0], reader): row[first + place] for row in rows for place, reader in enumerate(readers)}
    return Grid(cases, readers, _numbers(values), known)


def read_by_reader(data: bytes) -> Grid:
    """A table written by `write_by_reader`."""
    header, rows = _table(data)
    values = {(case, row[0]): row[place] for row in rows for place, case in enumerate(header[1:], 1)}
    return Grid(header[1:], [row[0] for row in rows], _numbers(values))


def _table(data: bytes) -> tuple[list[str], list[list[str]]]:
    lines = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    header, *rows = [[unquoted(cell) if place == 0 or not number else cell for place, cell in enumerate(line)]
                     for number, line in enumerate(lines)]  # fmt: skip
    return header, rows


def _about(text: str, column: Column) -> Cell:
    if text == "":
        return None
    return int(text) if column.kind == "integer" else unquoted(text)


def _numbers(texts: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], float]:
    return {place: float(text) for place, text in texts.items() if text != ""}


def _short(value: float | None) -> Cell:
    """3 for 3.0, which is how every program writes a level of a scale."""
    if value is None or value != value:
        return None
    return int(value) if float(value).is_integer() else value
