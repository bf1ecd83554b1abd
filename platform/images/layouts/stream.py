"""Tables too large to hold: CSV files, packed or not, read row by row as often as asked."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from images.layouts.folder import FileRefused, Folder, FolderError

# A line longer than this is no line of a table; unpacking it whole could fill the memory.
MAX_LINE = 2**20
Row = dict[str, str]


def find_table(folder: Folder, names: Sequence[str], where: str) -> str:
    """The path of the first of `names` that is there, as it is or packed (.gz), in the folder or one folder down.

    where: said in the FolderError that is raised where there is none.
    """
    for base in ("", *(f"{name}/" for name in folder.subfolders())):
        for name in names:
            for packed in (name, f"{name}.gz"):
                if folder.exists(base + packed):
                    return base + packed
    raise FolderError(f"{' or '.join(names)} is missing. {where}")


class StreamedTable:
    """A CSV file with a header, of which the columns asked for are read.

    Raises FolderError at once where the file cannot be read or lacks one of `required`.
    """

    def __init__(self, folder: Folder, name: str, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        self._folder = folder
        self.name = name
        with self._opened() as file:
            self.header = [cell.strip() for cell in next(csv.reader(_lines(file, name)), [])]
        missing = [column for column in required if column not in self.header]
        if missing:
            found = ", ".join(f'"{column}"' for column in self.header[:20]) or "nothing"
            raise FolderError(f'{name} has no column "{missing[0]}". It has {found}.')
        self._places = {column: self.header.index(column) for column in (*required, *optional) if column in self.header}

    @property
    def base(self) -> str:
        """The folder that the table lies in, with its slash, or nothing."""
        return self.name[: self.name.rfind("/") + 1]

    def rows(self) -> Iterator[tuple[int, Row]]:
        """The number of the line on which a row ends, and its cells by column; an empty cell where the row is short."""
        places = list(self._places.items())
        with self._opened() as file:
            reader = csv.reader(_lines(file, self.name))
            next(reader, None)
            try:
                for cells in reader:
                    if cells:
                        n = len(cells)
                        yield reader.line_num, {key: cells[at].strip() if at < n else "" for key, at in places}
            except csv.Error as error:
                raise FolderError(f"Line {reader.line_num} of {self.name} cannot be read: {error}.") from error

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        with opened_text(self._folder, self.name) as file:
            yield file


@contextmanager
def opened_text(folder: Folder, name: str) -> Iterator[TextIO]:
    """A text file in UTF-8, unpacked where its name ends in .gz; FolderError where it cannot be read."""
    try:
        with folder.open(name) as raw:
            data = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if name.endswith(".gz") else raw
            # A stray byte in a report costs that letter, not the import.
            yield io.TextIOWrapper(data, encoding="utf-8-sig", errors="replace", newline="")
    except FileRefused as error:
        raise FolderError(f"{name} {error}.") from error
    except (gzip.BadGzipFile, EOFError, OSError) as error:
        raise FolderError(f"{name} cannot be unpacked: {error}.") from error


def _lines(file: TextIO, name: str) -> Iterator[str]:
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise FolderError(f"{name} has a line of more than {MAX_LINE} characters: it is no table.")
        if "\0" in line:
            raise FolderError(f"{name} holds zero bytes: it is no text.")
        yield line


def text_lines(folder: Folder, name: str) -> Iterator[str]:
    """The lines of a text file without their ends; FolderError where it cannot be read."""
    with opened_text(folder, name) as file:
        for line in _lines(file, name):
            yield line.rstrip("\r\n")
