"""Scores for MRMCaov and RJafroc: our own back again, and the layouts of the files that these programs read."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.export.errors import ExportError
from reader_study.export.rjafroc import (
    excel_sheets,
    read_rjafroc_excel,
    read_rjafroc_imrmc,
    rjafroc_sheets,
    write_rjafroc_excel,
    write_rjafroc_imrmc,
)
from reader_study.export.scores import (
    Score,
    ScoreFile,
    number_codes,
    read_codes,
    read_mrmcaov,
    write_codes,
    write_mrmcaov,
)
from tests.reader_study.export.scores import SMALL, as_set, van_dyke

LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)


@st.composite
def crossed(draw: st.DrawFn) -> ScoreFile:
    readers, cases = (draw(st.lists(LABELS, min_size=1, max_size=4, unique=True)) for _ in range(2))
    arms = draw(st.lists(LABELS, min_size=1, max_size=2, unique=True))
    scores = st.integers(-5, 100) | st.floats(-1e6, 1e6)
    truth = {case: draw(st.integers(0, 1)) for case in cases}
    rows = [Score(r, c, a, float(draw(scores))) for r in readers for c in cases for a in arms]
    return ScoreFile("", truth, rows)


def joined(chunks: object) -> bytes:
    return b"".join(chunks)  # type: ignore[call-overload]


def workbook(*sheets: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name in sheets:
            book.add_worksheet(name).write_row(0, 0, ("CaseID",))
    return out.getvalue()


def as_numbers(file: ScoreFile) -> ScoreFile:
    codes = number_codes(file)
    scores = [
        Score(str(codes.readers[s.reader]), str(codes.cases[s.case]), str(codes.modalities[s.modality]), s.score)
        for s in file.scores
    ]
    return ScoreFile("", {str(codes.cases[case]): truth for case, truth in file.truth.items()}, scores)


@settings(deadline=None)
@given(crossed())
def test_mrmcaov_round_trip(file: ScoreFile) -> None:
    back = read_mrmcaov(joined(write_mrmcaov(file)))
    assert back.scores == file.scores and back.truth == file.truth


@settings(deadline=None)
@given(crossed())
def test_rjafroc_round_trips(file: ScoreFile) -> None:
    back = read_rjafroc_imrmc(joined(write_rjafroc_imrmc(file)))
    assert replace(back, title="") == as_numbers(file)
    assert read_codes(joined(write_codes(number_codes(file)))) == number_codes(file)


def test_excel_round_trip_and_equal_bytes() -> None:
    data = joined(write_rjafroc_excel(SMALL))
    back = read_rjafroc_excel(data)
    assert back.truth == as_numbers(SMALL).truth and as_set(back) == as_set(as_numbers(SMALL))
    assert data == joined(write_rjafroc_excel(SMALL))


def test_what_rjafroc_would_misread_is_refused() -> None:
    for write in (write_rjafroc_imrmc, write_rjafroc_excel):
        with pytest.raises(ExportError, match="fully crossed"):
            joined(write(replace(SMALL, scores=SMALL.scores[1:])))
    with pytest.raises(ExportError, match="no sheet"):
        read_rjafroc_excel(workbook("NL", "LL", "TRUTH"))
    with pytest.raises(ExportError, match="no column 'rating'"):
        read_mrmcaov(b"reader,treatment,case,truth\n")


@pytest.mark.real_data
def test_the_reference_files_are_what_we_write(shared_data: Path) -> None:
    """Files read by RJafroc 2.1.3: Van Dyke in our layouts has their lines, and their sheets cell by cell."""
    folder, file = shared_data / "reference-statistics", van_dyke(shared_data)
    reference = (folder / "vandyke_rjafroc.imrmc").read_bytes()
    ours = joined(write_rjafroc_imrmc(replace(file, title=reference.decode().split("\n")[0])))
    assert ours == reference
    sheets = excel_sheets((folder / "vandyke_rjafroc_newformat.xlsx").read_bytes())
    assert excel_sheets(joined(write_rjafroc_excel(file))) == sheets
    assert {name: [tuple(row) for row in rows] for name, rows in rjafroc_sheets(file).items()} == sheets


@pytest.mark.real_data
def test_van_dyke_for_mrmcaov(shared_data: Path) -> None:
    file = van_dyke(shared_data)
    assert (len(file.truth), sum(file.truth.values()), len(file.readers), file.modalities) == (114, 45, 5, ["1", "2"])
    assert read_mrmcaov(joined(write_mrmcaov(file))) == file
