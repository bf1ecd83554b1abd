"""CSV tables: UTF-8 without a byte-order mark, comma, CRLF, streamed."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reader_study.export.cells import Cell, cell_text, unquoted
from reader_study.export.columns import Column
from reader_study.export.errors import ExportError

_ROWS_A_CHUNK = 500


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> Iterator[bytes]:
    """The table in chunks of a few hundred rows. Raises ExportError for a row with an unknown column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([cell_text(name) for name in columns])
    known = set(columns)
    for number, row in enumerate(rows, start=1):
        if not row.keys() <= known:
            raise ExportError(f"Row {number} has columns that the table does not: {sorted(row.keys() - known)}.")
        writer.writerow([cell_text(row.get(name)) for name in columns])
        if number % _ROWS_A_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def read_csv(data: bytes, columns: Sequence[Column]) -> list[dict[str, Cell]]:
    """The rows of a table written by `write_csv`, each cell in the kind of its column; an empty cell is None.

    Columns of the file that are not among `columns` are passed over. Raises ExportError where one of these is not there.
    """
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    header = [unquoted(name) for name in next(reader, [])]
    if missing := [column.name for column in columns if column.name not in header]:
        raise ExportError(f"There is no column {missing[0]!r}.")
    places = [(column.name, column.kind, header.index(column.name)) for column in columns]
    return [{name: _value(row[place], kind) for name, kind, place in places} for row in reader]


def codebook(files: Mapping[str, Sequence[Column]]) -> Iterator[bytes]:
    """One row a column of every file: file, name, kind, unit, values and description."""
    names = ("name", "kind", "unit", "values", "description")
    rows = (
        {"file": file, **{name: getattr(column, name) for name in names}}
        for file, columns in files.items()
        for column in columns
    )
    return write_csv(("file", *names), rows)


def _value(text: str, kind: str) -> Cell:
    if text == "":
        return None
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    return text == "1" if kind == "flag" else unquoted(text)


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode("utf-8")
    buffer.seek(0)
    buffer.truncate()
    return data
