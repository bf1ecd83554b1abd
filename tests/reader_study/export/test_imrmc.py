"""The iMRMC file: our own back again, and the layout of the reference file."""

from pathlib import Path

import pytest

from reader_study.export.errors import ExportError
from reader_study.export.imrmc import read_imrmc, write_imrmc
from reader_study.export.scores import Score, ScoreFile

FILE = ScoreFile(
    "Two readers",
    {"C001": 0, "C002": 1, "C003": 1},
    [Score("R01", "C001", "read", 2.0), Score("R01", "C002", "read", 5.5), Score("R02", "C003", "read", 6.0)],
)


def written(file: ScoreFile) -> bytes:
    return b"".join(write_imrmc(file))


def test_round_trip() -> None:
    assert read_imrmc(written(FILE)) == FILE


def test_layout() -> None:
    lines = written(FILE).decode().split("\n")
    assert lines[:8] == ["Two readers", "N0:1", "N1:2", "NR:2", "NM:1", "", "BEGIN DATA:", "truth,C001,truth,0"]
    assert lines[10] == "R01,C001,read,2"


@pytest.mark.parametrize(
    "file, message",
    [
        (ScoreFile("t", {"a": 0}, [Score("r", "a", "m", 1), Score("r", "a", "m", 2)]), "twice"),
        (ScoreFile("t", {"a": 0}, [Score("r", "b", "m", 1)]), "no truth"),
        (ScoreFile("t", {"a": 2}, []), "0 or 1"),
        (ScoreFile("t", {"a,b": 0}, []), "commas"),
        (ScoreFile("t", {"a": 0}, [Score("truth", "a", "m", 1)]), "marks the truth"),
    ],
)
def test_what_imrmc_would_choke_on_is_refused(file: ScoreFile, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        written(file)


def test_what_is_no_imrmc_file_is_refused() -> None:
    with pytest.raises(ExportError, match="BEGIN DATA"):
        read_imrmc(b"reader,case\n")
    with pytest.raises(ExportError, match="four values"):
        read_imrmc(b"BEGIN DATA:\n1,2,3\n")


@pytest.mark.real_data
def test_the_reference_file_comes_back_byte_for_byte(shared_data: Path) -> None:
    """Read by iMRMC R 2.1.2: Van Dyke in our layout is that file."""
    reference = (shared_data / "reference-statistics" / "vandyke_iMRMC.imrmc").read_bytes()
    assert written(read_imrmc(reference)) == reference
