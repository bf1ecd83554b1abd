"""CSV files as people save them: any of the usual encodings, separators and spellings of a column's name."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t"


class TableError(ValueError):
    """A CSV file that cannot be read; the message says what to change."""


@dataclass(frozen=True)
class Table:
    """A header and the rows under it, each with its line number."""

    header: list[str]
    rows: list[tuple[int, list[str]]]

    def mapped(self, columns: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows as {field: cell}, for the fields whose column is there under one of its spellings."""
        places = {field: place for field, names in columns.items() if (place := self.find(names)) is not None}
        for line, cells in self.rows:
            yield line, {field: cells[place].strip() for field, place in places.items() if place < len(cells)}

    def find(self, names: tuple[str, ...]) -> int | None:
        """The place of the first of `names` in the header, whatever its case, spaces and underscores; else None."""
        plain = [_plain(name) for name in self.header]
        return next((plain.index(_plain(name)) for name in names if _plain(name) in plain), None)


def read_table(data: bytes) -> Table:
    """Read a CSV file: UTF-8, or UTF-16 with its byte order mark; separated by commas, semicolons or tabs.

    Raises TableError with the way out.
    """
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise TableError(f"Line {reader.line_num} of the CSV file cannot be read: {error}.") from error
    if not rows:
        raise TableError("The CSV file is empty.")
    return Table(header=[name.strip() for name in rows[0][1]], rows=rows[1:])


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(f"The CSV file is not {encoding.upper()} text; save it as CSV in UTF-8.") from error
    if "\x00" in text:
        raise TableError("The CSV file holds zero bytes: it is not text, or UTF-16 without a byte order mark.")
    return text


def _separator(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(_SEPARATORS, key=header.count)


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
