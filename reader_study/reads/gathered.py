"""The reads of a study, gone through once for every file of its bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from reader_study.export.cells import Cell
from reader_study.export.columns import Column
from reader_study.export.firsts import First, first_of
from reader_study.export.parquet import ParquetTable
from reader_study.export.tables import write_csv

_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16


class Gathered:
    """While the long CSV is written, the same rows go into a Parquet file on disk and, cut short, into `firsts`.

    One question to the database is one moment of it, so that the files of a study that is still read agree.
    """

    def __init__(self, rows: Iterable[dict[str, Cell]], columns: Sequence[Column]) -> None:
        self._rows = rows
        self._columns = columns
        self._parquet: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `parquet`
        self.firsts: list[First] = []

    def csv(self) -> Iterator[bytes]:
        """The long table in chunks. To be taken first, and whole."""
        names = [column.name for column in self._columns]
        with ParquetTable(self._parquet, self._columns) as table:
            yield from write_csv(names, self._passing(table))

    def _passing(self, table: ParquetTable) -> Iterator[dict[str, Cell]]:
        known = {column.name for column in self._columns}
        for row in self._rows:
            if not row["is_repeat"]:
                self.firsts.append(first_of(row))
            kept = {name: value for name, value in row.items() if name in known}
            table.add(kept)
            yield kept

    def parquet(self) -> Iterator[bytes]:
        """The same table as Parquet."""
        with self._parquet as file:
            file.seek(0)
            while chunk := file.read(_CHUNK):
                yield chunk
