"""Parquet, wide tables and the REDCap dictionary: equal on the way back, and laid out as others expect."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.export.columns import AFTER, BEFORE, Asked, Column, long_columns
from reader_study.export.errors import ExportError
from reader_study.export.parquet import ParquetTable, read_parquet
from reader_study.export.redcap import HEADER, Field, read_redcap, redcap_fields, write_redcap
from reader_study.export.wide import (
    WIDE_COLUMNS,
    Grid,
    read_by_reader,
    read_wide,
    write_by_reader,
    write_wide,
)
from tests.reader_study.export.test_tables import COLUMNS, ROWS

TIMES = (*COLUMNS, Column("at", "time", "A time"))
CODES = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), min_size=1, max_size=6)


def parquet(columns: object, rows: object) -> bytes:
    out = io.BytesIO()
    with ParquetTable(out, columns) as table:  # type: ignore[arg-type]
        for row in rows:  # type: ignore[attr-defined]
            table.add(row)
    return out.getvalue()


@settings(deadline=None)
@given(st.lists(ROWS.map(lambda row: {**row, "count": row["count"] and row["count"] % 1000}), max_size=10))
def test_parquet_round_trip(rows: list[dict]) -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, 5, tzinfo=UTC)
    rows = [{**row, "at": at} for row in rows]
    assert read_parquet(parquet(TIMES, rows)) == rows


def test_parquet_in_groups_with_equal_bytes_and_types() -> None:
    rows = [{"label": f"case {number}", "count": number, "flag": bool(number % 2)} for number in range(9_000)]
    data = parquet(COLUMNS, rows)
    assert data == parquet(COLUMNS, rows)
    assert read_parquet(data) == [{**row, "value": None} for row in rows]
    with pytest.raises(ExportError, match="does not"):
        parquet(COLUMNS, [{"other": 1}])


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    cases, readers = (draw(st.lists(CODES, max_size=5, unique=True)) for _ in range(2))
    values = st.none() | st.integers(0, 100).map(float) | st.floats(-1e9, 1e9)
    cells = {(case, reader): draw(values) for case in cases for reader in readers}
    return Grid(cases, readers, {place: value for place, value in cells.items() if value is not None})


@settings(deadline=None)
@given(grids())
def test_wide_round_trips(grid: Grid) -> None:
    if {"case_code", "source", "truth"} & set(grid.readers) or "reader_code" in grid.cases:
        return
    truth = {case: number % 2 for number, case in enumerate(grid.cases)}
    full = Grid(grid.cases, grid.readers, grid.values, {"source": dict.fromkeys(grid.cases, "=a"), "truth": truth})
    assert read_wide(b"".join(write_wide(full)), WIDE_COLUMNS[1:]) == full
    assert read_wide(b"".join(write_wide(grid))) == grid
    assert read_by_reader(b"".join(write_by_reader(grid))) == grid


def test_wide_layout() -> None:
    grid = Grid(["C1", "C2"], ["R1", "R2"], {("C1", "R1"): 3.0, ("C2", "R2"): 0.5}, {"truth": {"C1": 1, "C2": 0}})
    assert b"".join(write_wide(grid)) == b"case_code,truth,R1,R2\r\nC1,1,3,\r\nC2,0,,0.5\r\n"
    assert b"".join(write_by_reader(grid)) == b"reader_code,C1,C2\r\nR1,3,\r\nR2,,0.5\r\n"
    with pytest.raises(ExportError, match="like a column"):
        write_wide(Grid(["C1"], ["case_code"], {}))


@pytest.mark.real_data
def test_readers_as_rows_is_what_krippendorff_reads(shared_data: Path) -> None:
    """krippendorff2011_4obs_12units.csv: observers as rows, units as columns, an empty cell where one is missing."""
    text = (shared_data / "reference-statistics" / "krippendorff2011_4obs_12units.csv").read_text().splitlines()
    header, *rows = [line.replace('"', "").split(",") for line in text]
    values = {
        (unit, f"o{number}"): float(cell)
        for number, row in enumerate(rows)
        for unit, cell in zip(header, row)
        if cell not in ("", "NA")
    }
    grid = Grid(header, [f"o{number}" for number in range(len(rows))], values)
    ours = b"".join(write_by_reader(grid)).decode().split("\r\n")
    assert [line.split(",")[1:] for line in ours[:-1]] == [header, *rows]


def test_redcap_layout_and_round_trip() -> None:
    asked = [Asked("source_confidence_of_the_reader_again", "Real?", ((1, "definitely real"), (6, "definitely not")))]
    fields = redcap_fields(long_columns(asked))
    data = b"".join(write_redcap(fields))
    assert read_redcap(data) == fields
    assert data.decode().split("\r\n")[0].count(",") == 19  # two of the 18 names have a comma in them
    assert len(HEADER) == 18
    assert fields[0] == Field("record_id", "reads", "text", "Number of the row in reads.csv")
    assert len(fields) == 2 + len(BEFORE) + len(AFTER)
    names = [field.name for field in fields]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 26 and name == name.lower() for name in names)
    question = next(field for field in fields if field.label == "Real?")
    assert question.choices == (("1", "definitely real"), ("6", "definitely not"))
    assert question.type == "radio" and question.note == "reads.csv: source_confidence_of_the_reader_again"


def test_names_for_redcap_stay_apart() -> None:
    columns = [Column(name, "text", "x") for name in ("a" * 40, "a" * 41, "A-b", "a_b", "9", "")]
    names = [field.name for field in redcap_fields(columns)][1:]
    assert names == ["a" * 26, "a" * 24 + "_2", "a_b", "a_b_2", "f_9", "field"]
    with pytest.raises(ExportError, match="18 columns"):
        read_redcap(b"a,b\r\n")
