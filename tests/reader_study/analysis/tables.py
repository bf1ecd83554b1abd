"""Reads used by the tests of the analysis."""

import csv
from pathlib import Path

import numpy as np

from reader_study.analysis import RatingTable

DATA = Path(__file__).parent.parent / "data"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def turing_test() -> RatingTable:
    """The made-up visual Turing test: 6 readers, 40 real, 30 + 30 synthetic, 15 repeats each."""
    reads = rows(DATA / "vtt_synthetic.csv")

    def numbers(name: str) -> list[float]:
        return [float(read[name]) for read in reads]

    return RatingTable.build(
        reader=[read["reader"] for read in reads],
        case=[read["case"] for read in reads],
        source=[read["source"] for read in reads],
        truth=[int(read["truth"]) for read in reads],
        rating=numbers("rating"),
        call=numbers("call_synthetic"),
        seconds=numbers("seconds"),
        replicate=[int(read["repeat"]) for read in reads],
        position=[int(read["trial"]) for read in reads],
        extra={"realism": numbers("realism")},
    )


def imrmc_example() -> RatingTable:
    """The CC0 example of iMRMC: 5 readers, 2 tests, 40 + 40 cases, continuous scores."""
    reads = rows(DATA / "imrmc_example.csv")
    truth = {read["caseID"]: int(float(read["score"])) for read in reads if read["readerID"] == "truth"}
    reads = [read for read in reads if read["readerID"] != "truth"]
    return RatingTable.build(
        reader=[read["readerID"] for read in reads],
        case=[read["caseID"] for read in reads],
        arm=[read["modalityID"] for read in reads],
        truth=[truth[read["caseID"]] for read in reads],
        rating=[float(read["score"]) for read in reads],
    )


def from_matrix(ratings: np.ndarray, truth: np.ndarray, *, cut: float = 3.5) -> RatingTable:
    """Reads of a (readers, cases) matrix, NaN = not read; calls are ratings above `cut`."""
    reader, case = np.nonzero(~np.isnan(ratings))
    values = ratings[reader, case]
    return RatingTable.build(
        reader=[f"R{index:02d}" for index in reader],
        case=[f"C{index:04d}" for index in case],
        truth=[int(value) for value in truth[case]],
        rating=values,
        call=(values > cut).astype(float),
    )
