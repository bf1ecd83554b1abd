"""U-statistics against iMRMC 2.1.2: every entry of its outputs on Van Dyke, its own example and the made-up Turing test."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis import RatingTable
from reader_study.analysis.mrmc.ustat import UStatistic, auc_ustat, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import as_imrmc, ustat_difference, ustat_single
from tests.reader_study.analysis.tables import imrmc_example, rows, turing_test

pytestmark = pytest.mark.real_data

# The reference prints components of balanced accuracy that are rounding about 0; everything else is relative.
CLOSED = {"rel": 1e-9, "abs": 1e-14}
COMPONENTS = {"N": (0, 1, 0), "D": (0, 0, 1), "ND": (0, 1, 1), "R": (1, 0, 0), "NR": (1, 1, 0), "DR": (1, 0, 1),
              "RND": (1, 1, 1)}  # fmt: skip
MOMENTS = {
    1: (1, 1, 1),
    2: (1, 0, 1),
    3: (1, 1, 0),
    4: (1, 0, 0),
    5: (0, 1, 1),
    6: (0, 0, 1),
    7: (0, 1, 0),
    8: (0, 0, 0),
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


def vandyke(folder: Path) -> RatingTable:
    reads = rows(folder / "vandyke.csv")
    return RatingTable.build(
        reader=[f"reader{read['reader']}" for read in reads],
        case=[read["case"] for read in reads],
        arm=[f"modality{read['treatment']}" for read in reads],
        truth=[int(read["truth"]) for read in reads],
        rating=[float(read["rating"]) for read in reads],
        call=[float(read["rating"]) >= 3 for read in reads],
    )


def generators() -> UStatistic:
    """Both generators against the same real cases: every arm holds the real reads."""
    table = turing_test().primary()
    real = table.where(table.truth == 0)
    parts = [(name, part) for name in ("genA", "genB") for part in (table.where(table.source == name), real)]
    return auc_ustat(
        RatingTable.build(
            reader=np.concatenate([part.reader for _, part in parts]).tolist(),
            case=np.concatenate([part.case for _, part in parts]).tolist(),
            truth=np.concatenate([part.truth for _, part in parts]).tolist(),
            rating=np.concatenate([part.rating for _, part in parts]),
            arm=[name for name, part in parts for _ in range(len(part))],
        )
    )


def single(column: str) -> UStatistic:
    table = turing_test()
    return auc_ustat(replace(table, arm=np.full(len(table), "all")), column)


def vandyke_golden(folder: Path) -> tuple[UStatistic, dict]:
    return auc_ustat(vandyke(folder)), json.loads((folder / "imrmc_vandyke_expected.json").read_text())


def example_golden(folder: Path) -> tuple[UStatistic, dict]:
    return auc_ustat(imrmc_example()), json.loads((folder / "imrmc_example_expected.json").read_text())


def turing_golden(name: str, make: Callable[[], UStatistic]) -> Callable[[Path], tuple[UStatistic, dict]]:
    def load(folder: Path) -> tuple[UStatistic, dict]:
        return make(), json.loads((folder / "vtt_synthetic_expected.json").read_text())["results"][name]

    return load


SOURCES = [
    vandyke_golden,
    example_golden,
    turing_golden("imrmc_all_single", lambda: single("rating")),
    turing_golden("imrmc_balanced_accuracy_single", lambda: single("call")),
    turing_golden("imrmc_genA_vs_genB_sharedreal", generators),
]


def check_tests(found: UStatistic, golden: dict, *, biased: bool) -> None:
    second = None if golden["modalityB"] == "NO_MOD" else golden["modalityB"]
    contrast = found.contrast(golden["modalityA"], second)
    value, name = ("AUCAminusAUCB", "varAUCAminusAUCB") if second else ("AUCA", "varAUCA")
    variance = found.variance(contrast, biased=biased)
    df = found.df(contrast, variance)
    assert (float(contrast @ found.estimates), variance, df) == pytest.approx(
        (golden[value], golden[name], golden["dfBDG"]), **CLOSED
    )
    result = (
        ustat_difference(found, golden["modalityA"], second, "AUC") if second
        else ustat_single(found, "AUC", arm=golden["modalityA"])
    )  # fmt: skip
    tested = replace(result, standard_error=variance**0.5, df=df)
    whole, normal = as_imrmc(tested), as_imrmc(replace(tested, df=None))
    assert whole is not None and normal is not None
    for ours, theirs in ((whole, "BDG"), (normal, "normal")):
        ends = golden[f"botCI{theirs}"], golden[f"topCI{theirs}"]
        assert (ours.interval.low, ours.interval.high) == pytest.approx(ends, **CLOSED)
        p_value = golden[f"pValue{'BDG' if theirs == 'BDG' else 'Normal'}"]
        assert ours.p_value == pytest.approx(p_value, rel=1e-7, abs=1e-14)


@pytest.mark.parametrize("load", SOURCES)
def test_estimates_variances_and_tests(folder: Path, load: Callable[[Path], tuple[UStatistic, dict]]) -> None:
    found, golden = load(folder)
    assert (found.n_synthetic[0], found.n_real[0], len(found.readers)) == tuple(
        golden["Ustat"][0][key] for key in ("N1", "N0", "NR")
    )
    for row in golden["Ustat"]:
        check_tests(found, row, biased=False)
    for row in golden["MLEstat"]:
        check_tests(found, row, biased=True)


@pytest.mark.parametrize("load", SOURCES)
def test_each_reader(folder: Path, load: Callable[[Path], tuple[UStatistic, dict]]) -> None:
    found, golden = load(folder)
    covariance = found.cells.covariance()
    for row in golden["perReader"]:
        reader, arms = found.readers.index(row["readerID"]), [row["modalityA"]]
        arms += [] if row["modalityB"] == "NO_MOD" else [row["modalityB"]]
        at = [found.arms.index(arm) for arm in arms]
        cells = [arm * len(found.readers) + reader for arm in at]
        assert found.reader_estimates[at[0], reader] == pytest.approx(row["AUCA"], rel=1e-12)
        assert covariance[cells[0], cells[0]] == pytest.approx(row["varAUCA"], **CLOSED)
        # iMRMC prints no variance of one reader's difference where the arms share only part of their cases.
        if len(at) == 2 and row["varAUCAminusAUCB"] is not None:
            gap = found.reader_estimates[at[0], reader] - found.reader_estimates[at[1], reader]
            both = covariance[np.ix_(cells, cells)]
            assert gap == pytest.approx(row["AUCAminusAUCB"], rel=1e-9, abs=1e-15)
            assert both[0, 0] + both[1, 1] - 2 * both[0, 1] == pytest.approx(row["varAUCAminusAUCB"], **CLOSED)


def full_rows(folder: Path) -> list[tuple[UStatistic, dict]]:
    cases = []
    for load in SOURCES:
        found, golden = load(folder)
        cases += [(found, row) for row in golden.get("Ustat_full", golden.get("full", []))]
    return cases


def test_moments_coefficients_and_components(folder: Path) -> None:
    for found, row in full_rows(folder):
        at = found.arms.index(row["modalityID.1"]), found.arms.index(row["modalityID.2"])
        moments = found.moments
        for number, index in MOMENTS.items():
            here = (*index, *at)
            assert moments.means()[here] == pytest.approx(row[f"M{number}"], **CLOSED)
            assert moments.means(biased=True)[here] == pytest.approx(row[f"M{number}.b"], **CLOSED)
            assert moments.coefficients()[here] == pytest.approx(row[f"M{number}.coeff"], **CLOSED)
            assert moments.numerators[here] == pytest.approx(row[f"numer{number}"], rel=1e-12)
            assert moments.denominators[here] == pytest.approx(row[f"denom{number}"], rel=1e-12)
        for name, index in COMPONENTS.items():
            here = (*index, *at)
            assert moments.components(biased=False)[here] == pytest.approx(row[f"BCK.{name}"], **CLOSED)
            assert moments.components()[here] == pytest.approx(row[f"BCK.{name}.b"], **CLOSED)
            assert moments.shares()[here] == pytest.approx(row[f"BCK.{name}.coeff"], **CLOSED)
        assert moments.covariance()[at] == pytest.approx(row["covAUC"], **CLOSED)
        assert moments.covariance(biased=True)[at] == pytest.approx(row["covAUC.biased"], **CLOSED)


@pytest.mark.parametrize("name", ["imrmc_vandyke_expected.json", "imrmc_example_expected.json"])
def test_decomposition_tables(folder: Path, name: str) -> None:
    load = vandyke_golden if "vandyke" in name else example_golden
    found, golden = load(folder)
    moments = found.moments
    kinds = {"BCK": ("components", "shares", COMPONENTS), "BDG": ("means", "coefficients", {})}
    for kind, (values, weights, names) in kinds.items():
        labels = names or {f"M{number}": index for number, index in MOMENTS.items()}
        for biased, label in ((True, "MLE"), (False, "Ustat")):
            for part, ours in (
                ("comp", getattr(moments, values)(biased=biased)),
                ("coeff", getattr(moments, weights)()),
            ):
                for row in golden["varDecomp"][kind][label][part]:
                    at = found.arms.index(row["modalityID.1"]), found.arms.index(row["modalityID.2"])
                    for key, index in labels.items():
                        assert ours[(*index, *at)] == pytest.approx(row[key], **CLOSED)


def test_covariances_between_readers(folder: Path) -> None:
    found, golden = vandyke_golden(folder)
    cells = found.cells
    order = {1: (1, 1), 2: (0, 1), 3: (1, 0), 4: (0, 0)}
    for row in golden["perReader_full"]:
        at = tuple(
            found.arms.index(row[f"modalityID.{side}"]) * 5 + found.readers.index(row[f"readerID.{side}"])
            for side in (1, 2)
        )
        assert cells.covariance()[at] == pytest.approx(row["covAUC"], **CLOSED)
        for number, index in order.items():
            assert cells.means()[(*index, *at)] == pytest.approx(row[f"M{number}"], **CLOSED)
            assert cells.coefficients()[(*index, *at)] == pytest.approx(row[f"coeff{number}"], **CLOSED)
            assert cells.numerators[(*index, *at)] == pytest.approx(row[f"numer{number}"], rel=1e-12)
            assert cells.denominators[(*index, *at)] == pytest.approx(row[f"denom{number}"], rel=1e-12)


ONE_SAMPLE = {"c0r0": (0, 0), "c1r0": (0, 1), "c0r1": (1, 0), "c1r1": (1, 1)}


def check_moments(found: UStatistic, row: dict) -> None:
    """Moments and coefficients of arm 1, arm 2 and their product; the variance of a single read."""
    moments = found.moments.means()
    for at, pair in enumerate([(0, 0), (1, 1), (0, 1)]):
        for key, index in ONE_SAMPLE.items():
            assert moments[(*index, *pair)] == pytest.approx(row["moments"][at][key], **CLOSED)
            assert found.moments.coefficients()[(*index, *pair)] == pytest.approx(row["coeff"][at][key], **CLOSED)
    one = moments[1, 1] - moments[0, 0]
    assert (one[0, 0], one[1, 1]) == pytest.approx(row["var.1obs"][:2], rel=1e-9)
    assert one[0, 0] + one[1, 1] - 2 * one[0, 1] == pytest.approx(row["var.1obs"][2], rel=1e-9)


BINARY = {"accuracy": None, "sensitivity": 1, "specificity": 0}


@pytest.mark.parametrize("name", BINARY)
def test_binary_endpoints(folder: Path, name: str) -> None:
    golden = json.loads((folder / "imrmc_binary_vandyke_expected.json").read_text())["results"]
    table = vandyke(folder)
    right = np.asarray(table.call == table.truth, dtype=np.float64)
    table = replace(table, extra={"right": right})
    chosen = table if BINARY[name] is None else table.where(table.truth == BINARY[name])
    found = mean_ustat(chosen, "right")
    difference = found.contrast("modality1", "modality2")
    contrasts = found.contrast("modality1"), found.contrast("modality2"), difference
    for design in ("jointD", "conditionalD"):
        row = golden[f"{name}|{design}|identity"]
        assert [float(c @ found.estimates) for c in contrasts] == pytest.approx(row["mean"], rel=1e-9)
        assert [found.variance(c) for c in contrasts] == pytest.approx(row["var"], rel=1e-9)
        check_moments(found, row)
        paired = golden[f"{name}|{design}|diff"]
        assert (float(difference @ found.estimates), found.variance(difference)) == pytest.approx(
            (paired["mean"][0], paired["var"][0]), rel=1e-9
        )
        for key, index in ONE_SAMPLE.items():
            both = found.moments.means()[index]
            assert difference @ both @ difference == pytest.approx(paired["moments"][0][key], rel=1e-9, abs=1e-14)
    reads = {(int(r["treatment"]) - 1, int(r["reader"]) - 1): r["y"] for r in golden[f"{name}|per_reader"]}
    assert [found.reader_estimates[key] for key in reads] == pytest.approx(list(reads.values()), rel=1e-12)
