"""Parquet tables: the same columns and rows as the CSV, with types. pyarrow is loaded only when one is written or read."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from reader_study.export.cells import Cell
from reader_study.export.columns import Column
from reader_study.export.errors import ExportError

_ROWS_A_GROUP = 1_024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ParquetTable:
    """Rows that are written to `file`, group by group, as they are added; a context that ends the table.

    file: any binary file, which is only written to and never moved in. Nothing but one group of rows is held in memory.
    """

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        # Read once, when pyarrow is loaded: its own pool keeps 8 MB more than this small work needs.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
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

        arrays = [_array([row.get(field.name) for row in self._rows], field.type) for field in self._schema]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


def read_parquet(data: bytes) -> list[dict[str, Cell]]:
    """The rows of a table, each value in the type of its column; times in UTC."""
    import pyarrow.parquet

    rows: list[dict[str, Cell]] = pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()
    return rows


def _array(values: Sequence[Cell], type_: Any) -> Any:
    """A column, laid out by hand: `pyarrow.array` would load pandas (45 MB) to ask whether it was given a series."""
    import pyarrow

    known = np.array([value is not None for value in values], dtype=bool)
    validity = pyarrow.py_buffer(np.packbits(known, bitorder="little").tobytes())
    if type_ == pyarrow.string():
        texts = [b"" if value is None else str(value).encode() for value in values]
        offsets = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        buffers = [validity, pyarrow.py_buffer(offsets.tobytes()), pyarrow.py_buffer(b"".join(texts))]
    elif type_ == pyarrow.bool_():
        flags = np.array([bool(value) for value in values], dtype=bool)
        buffers = [validity, pyarrow.py_buffer(np.packbits(flags, bitorder="little").tobytes())]
    else:
        numbers = np.array(
            [_number(value) for value in values], dtype=np.float64 if type_ == pyarrow.float64() else np.int64
        )
        buffers = [validity, pyarrow.py_buffer(numbers.tobytes())]
    return pyarrow.Array.from_buffers(type_, len(values), buffers)


def _number(value: Cell) -> float | int:
    """A number as it is, a time as microseconds since 1970, and nothing, which the validity bits hide, as 0."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    assert not isinstance(value, str)
    return value or 0


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
