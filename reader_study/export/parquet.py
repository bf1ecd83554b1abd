"""Parquet tables: the same columns and rows as the CSV, with types. pyarrow is loaded only when one is written or read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Self

from reader_study.export.cells import Cell
from reader_study.export.columns import Column
from reader_study.export.errors import ExportError

_ROWS_A_GROUP = 4_096


class ParquetTable:
    """Rows that are written to `file`, group by group, as they are added; a context that ends the table.

    file: any binary file, which is only written to and never moved in. Nothing but one group of rows is held in memory.
    """

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        import pyarrow.parquet

        self._schema = _schema(columns)
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._names = {column.name for column in columns}
        self._rows: list[Mapping[str, Cell]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def add(self, row: Mapping[str, Cell]) -> None:
        """One more row. Raises ExportError for a row with an unknown column."""
        if not row.keys() <= self._names:
            raise ExportError(f"A row has columns that the table does not: {sorted(row.keys() - self._names)}.")
        self._rows.append(row)
        if len(self._rows) >= _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        columns = [[row.get(name) for row in self._rows] for name in self._schema.names]
        arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, self._schema)]
        self._writer.write_table(pyarrow.table(arrays, schema=self._schema))
        self._rows.clear()


def read_parquet(data: bytes) -> list[dict[str, Cell]]:
    """The rows of a table, each value in the type of its column; times in UTC."""
    import pyarrow.parquet

    rows: list[dict[str, Cell]] = pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()
    return rows


def _schema(columns: Sequence[Column]) -> Any:
    import pyarrow

    types = {
        "text": pyarrow.string(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "flag": pyarrow.bool_(),
        "time": pyarrow.timestamp("us", tz="UTC"),
    }
    return pyarrow.schema(
        [
            pyarrow.field(column.name, types[column.kind], metadata={"description": column.description})
            for column in columns
        ]
    )
