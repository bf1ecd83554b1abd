"""A long CSV of readings made elsewhere: found columns, read rows, and errors that name their row."""

from pathlib import Path

import pytest

from reader_study.export.errors import ExportError, RefusedRows
from reader_study.export.readings_file import ColumnMap, guess_columns, header_of, read_readings

DATA = Path(__file__).parents[1] / "data"
PLAIN = ColumnMap(reader="reader", case="case", truth="truth", rating="rating")
HEADER = "reader,case,truth,rating"


def lines(*rows: str, header: str = HEADER) -> list[str]:
    return [f"{row}\n" for row in (header, *rows)]


def test_the_made_up_study_is_read_whole() -> None:
    with (DATA / "vtt_synthetic.csv").open(encoding="utf-8") as file:
        guessed = guess_columns(header_of(file))
    assert guessed == {
        "reader": "reader", "case": "case", "truth": "truth", "rating": "rating", "call": "call_synthetic",
        "realism": "realism", "source": "source", "repeat": "repeat", "position": "trial", "seconds": "seconds",
    }  # fmt: skip
    with (DATA / "vtt_synthetic.csv").open(encoding="utf-8") as file:
        reads = read_readings(file, ColumnMap(**guessed))
    assert len(reads) == 6 * (100 + 15)
    assert {read.source for read in reads} == {"real", "genA", "genB"}
    first = reads[0]
    assert (first.reader, first.case, first.truth, first.rating, first.call) == ("reader1", "R38", 0, 4.0, 1)
    assert (first.realism, first.seconds, first.position, first.replicate, first.row) == (2.0, 11.39, 1, 0, 2)


def test_iMRMC_and_our_own_names_are_known() -> None:
    assert guess_columns(["readerID", "caseID", "modalityID", "score"]) == {
        "reader": "readerID", "case": "caseID", "rating": "score", "arm": "modalityID",
    }  # fmt: skip
    guessed = guess_columns(["reader_code", "case_code", "source", "generator", "truth", "finding_effusion", "rating"])
    assert guessed["source"] == "generator" and guessed["finding effusion"] == "finding_effusion"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_other_delimiters_byte_order_marks_and_words(delimiter: str) -> None:
    rows = [row.replace(",", delimiter) for row in ("reader,case,truth,rating", "a,1,synthetic,NA", "a,2,Real,3.5")]
    reads = read_readings(["\ufeff" + rows[0] + "\r\n", rows[1] + "\r\n", rows[2]], PLAIN)
    assert [(read.truth, read.rating, read.source) for read in reads] == [(1, None, "synthetic"), (0, 3.5, "real")]


def test_findings_seen_and_known() -> None:
    columns = ColumnMap(
        "reader", "case", "truth", "rating", findings={"Effusion": "e"}, known_findings={"Effusion": "k"}
    )
    reads = read_readings(lines("a,1,1,2,yes,1", "a,2,0,2,,0", header=f"{HEADER},e,k"), columns)
    assert [dict(read.findings) for read in reads] == [{"Effusion": 1}, {}]
    assert [dict(read.known_findings) for read in reads] == [{"Effusion": 1}, {"Effusion": 0}]


@pytest.mark.parametrize(
    "rows, message",
    [
        (["a,1,1,2", "a,2,maybe,2"], "Row 3: 'truth' is 'maybe'"),
        (["a,1,1,high"], "Row 2: 'rating' is 'high', not a number"),
        (["a,1,1,inf"], "Row 2: 'rating' is 'inf'"),
        ([",1,1,2"], "Row 2: 'reader' is empty"),
        (["a,1,1"], "Row 2: it has 3 cells"),
        (["a,1,1,2", "b,1,0,2"], "Row 3: case '1' has another truth"),
        (["a,1,1,2", "a,1,1,3"], "Row 3: 'a' has read '1' in row 2 already"),
        (["a," + 61 * "x" + ",1,2"], "longer than 60"),
    ],
)
def test_every_problem_names_its_row(rows: list[str], message: str) -> None:
    with pytest.raises(RefusedRows) as caught:
        read_readings(lines(*rows), PLAIN)
    assert any(message in problem for problem in caught.value.problems)


def test_positions_and_groups_that_contradict_are_refused() -> None:
    columns = ColumnMap("reader", "case", "truth", "rating", position="p", group="g")
    with pytest.raises(RefusedRows) as caught:
        read_readings(
            lines("a,1,1,2,1,junior", "a,2,0,2,1,senior", "a,3,0,2,1.5,junior", header=f"{HEADER},p,g"), columns
        )
    assert [problem[:6] for problem in caught.value.problems] == ["Row 3:", "Row 3:", "Row 4:"]


def test_reading_stops_after_enough_problems() -> None:
    with pytest.raises(RefusedRows) as caught:
        read_readings(lines(*(f"a,{number},x,1" for number in range(500))), PLAIN)
    assert len(caught.value.problems) == 21


@pytest.mark.parametrize(
    "content, message",
    [
        ([], "empty"),
        ([HEADER + "\n"], "no rows"),
        (["reader,case,truth\n", "a,1,1\n"], "no column 'rating'"),
        (["reader,reader,case,truth,rating\n"], "Two columns"),
    ],
)
def test_files_without_what_is_needed_are_refused(content: list[str], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        read_readings(content, PLAIN)
