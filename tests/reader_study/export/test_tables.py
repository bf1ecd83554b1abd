"""CSV tables: safe, exact on the way back, explained by their codebook."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.export.cells import cell_text, unquoted
from reader_study.export.columns import AFTER, BEFORE, Asked, Column, long_columns
from reader_study.export.errors import ExportError
from reader_study.export.tables import codebook, read_csv, write_csv

COLUMNS = (
    Column("label", "text", "A text"),
    Column("count", "integer", "A count"),
    Column("value", "number", "A value"),
    Column("flag", "flag", "A flag"),
)
ROWS = st.fixed_dictionaries(
    {
        "label": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
        "count": st.none() | st.integers(),
        "value": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.none() | st.booleans(),
    }
)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=20))
def test_what_is_written_is_read_back_equal(rows: list[dict]) -> None:
    data = b"".join(write_csv([column.name for column in COLUMNS], rows))
    assert read_csv(data, COLUMNS) == rows


@settings(deadline=None)
@given(st.text(min_size=1))
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    assert cell_text(text)[0] not in "=+-@\t\r"
    assert unquoted(cell_text(text)) == text


def test_numbers_flags_and_times_keep_their_form() -> None:
    assert [cell_text(value) for value in (-1.5, -3, True, False, None, float("nan"))] == [
        "-1.5",
        "-3",
        "1",
        "0",
        "",
        "",
    ]
    assert cell_text(datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)) == "2026-05-04T03:02:01+00:00"


def test_many_rows_come_in_several_chunks() -> None:
    chunks = list(write_csv(["count"], ({"count": number} for number in range(1200))))
    assert len(chunks) == 3
    assert len(read_csv(b"".join(chunks), COLUMNS[1:2])) == 1200


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ExportError, match="columns that the table does not"):
        list(write_csv(["a"], [{"b": 1}]))


def test_the_codebook_explains_every_column_and_question() -> None:
    columns = long_columns([Asked("realism", "How realistic?", ((1, "not at all"), (5, "entirely")))])
    rows = list(csv.DictReader(io.StringIO(b"".join(codebook({"reads.csv": columns})).decode())))
    assert [row["name"] for row in rows] == [column.name for column in columns]
    assert all(row["description"] and row["file"] == "reads.csv" for row in rows)
    assert next(row for row in rows if row["name"] == "realism")["values"] == "1, not at all | 5, entirely"


def test_a_question_cannot_hide_a_column_of_ours() -> None:
    columns = long_columns([Asked("truth", "Really?")])
    assert len(columns) == len(BEFORE) + len(AFTER)
