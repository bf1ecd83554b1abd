"""Obuchowski-Rockette on Van Dyke: 114 cases (69 negative, 45 positive), 5 readers, 2 tests.

Numbers of MRMCaov 0.3.0, RJafroc 2.1.3 and OR-DBM MRMC 2.5 (Iowa), read from the reference files.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis import RatingTable
from reader_study.analysis.mrmc.arms import ArmComparison, compare_arms
from reader_study.analysis.mrmc.covariance import auc_covariance
from reader_study.analysis.mrmc.grid import Grid, grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.single_arm import Panel, SingleArm, single_arm
from tests.reader_study.analysis.tables import rows

pytestmark = pytest.mark.real_data

CLOSED = {"rel": 1e-9, "abs": 1e-15}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict:
    return json.loads((folder / "mrmcaov_vandyke_expected.json").read_text())["results"]


def table(folder: Path, case: str = "case") -> RatingTable:
    reads = rows(folder / "vandyke.csv")
    return RatingTable.build(
        reader=[read["reader"] for read in reads],
        case=[read[case] for read in reads],
        arm=[read["treatment"] for read in reads],
        truth=[int(read["truth"]) for read in reads],
        rating=[float(read["rating"]) for read in reads],
    )


def compare(cells: Grid, method: str, inference: str) -> tuple[ArmComparison, np.ndarray]:
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, method)
    estimates = components.estimates.reshape(cells.shape)
    return compare_arms(cells.arms, estimates, covariance, inference=inference), covariance


@pytest.mark.parametrize("method", ["DeLong", "jackknife", "unbiased"])
def test_random_readers_and_cases(folder: Path, expected: dict, method: str) -> None:
    golden = expected[f"VanDyke|auc|{method}|RRRC"]
    found, covariance = compare(grid(table(folder)), method.lower(), "RRRC")
    np.testing.assert_allclose(covariance, golden["cov_matrix"], rtol=1e-9, atol=1e-15)
    test, difference = golden["test_equality"][0], golden["test_diffs"][0]
    assert found.mean_squares.arms == pytest.approx(test["MS(T)"], **CLOSED)
    assert found.mean_squares.interaction == pytest.approx(test["MS(T:R)"], **CLOSED)
    assert found.errors.cov2 == pytest.approx(test["Cov2"], **CLOSED)
    assert found.errors.cov3 == pytest.approx(test["Cov3"], **CLOSED)
    assert (found.statistic, found.df2, found.p_value) == pytest.approx(
        (test["F"], test["df2"], test["p-value"]), **CLOSED
    )
    first = found.differences[0]
    assert (first.estimate, first.standard_error, first.df, first.statistic) == pytest.approx(
        (difference["Estimate"], difference["StdErr"], difference["df"], difference["t"]), **CLOSED
    )
    assert (first.interval.low, first.interval.high) == pytest.approx(
        (difference["CI.Lower"], difference["CI.Upper"]), **CLOSED
    )


@pytest.mark.parametrize("method", ["DeLong", "jackknife", "unbiased"])
def test_fixed_readers(folder: Path, expected: dict, method: str) -> None:
    golden = expected[f"VanDyke|auc|{method}|FRRC"]
    found, _ = compare(grid(table(folder)), method.lower(), "FRRC")
    test, difference = golden["test_equality"][0], golden["test_diffs"][0]
    assert (found.statistic, found.p_value) == pytest.approx((test["X2"], test["p-value"]), **CLOSED)
    assert found.differences[0].standard_error == pytest.approx(difference["StdErr"], **CLOSED)


def test_fixed_cases(folder: Path, expected: dict) -> None:
    test = expected["VanDyke|auc|RRFC"]["test_equality"][0]
    found, _ = compare(grid(table(folder)), "delong", "RRFC")
    assert (found.statistic, found.df2, found.p_value) == pytest.approx(
        (test["F"], test["df2"], test["p-value"]), **CLOSED
    )


@pytest.mark.parametrize(
    "column, nested", [("case2", "case2_nested_in_reader"), ("case3", "case3_nested_in_treatment")]
)
def test_missing_reads_by_jackknife(folder: Path, expected: dict, column: str, nested: str) -> None:
    test = expected[f"VanDyke|auc|jackknife|RRRC|{nested}"]["test_equality"][0]
    found, _ = compare(grid(table(folder, column)), "jackknife", "RRRC")
    assert (found.statistic, found.df2, found.p_value) == pytest.approx(
        (test["F"], test["df2"], test["p-value"]), **CLOSED
    )


def one_arm(folder: Path, arm: str, method: str, inference: str) -> SingleArm:
    reads = table(folder)
    cells = grid(reads.where(reads.arm == arm))
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, method)
    panel = Panel("AUC", components.estimates, covariance, method, cells.n_real, cells.n_synthetic, cells.n_reads)
    return single_arm(panel, inference=inference)


@pytest.mark.parametrize("method", ["DeLong", "jackknife", "unbiased"])
@pytest.mark.parametrize("arm", [0, 1])
def test_each_arm_alone(folder: Path, expected: dict, method: str, arm: int) -> None:
    golden = expected[f"VanDyke|auc|{method}|RRRC"]["test_means"][arm]
    found = one_arm(folder, str(arm + 1), method.lower(), "RRRC")
    assert found.interval is not None
    assert (found.estimate, found.mean_square_readers, found.cov2, found.standard_error, found.df) == pytest.approx(
        (golden["Estimate"], golden["MS(R)"], golden["Cov2"], golden["StdErr"], golden["df"]), **CLOSED
    )
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (golden["CI.Lower"], golden["CI.Upper"]), **CLOSED
    )


def test_single_treatment_as_published_by_iowa(folder: Path) -> None:
    published = json.loads((folder / "iowa_ordbm_published.json").read_text())
    for arm in ("1", "2"):
        golden = published[f"single_treatment_{arm}"]
        random, fixed = one_arm(folder, arm, "jackknife", "RRRC"), one_arm(folder, arm, "jackknife", "FRRC")
        assert random.interval is not None and fixed.interval is not None
        assert random.standard_error == pytest.approx(golden["RRRC"]["se"], abs=5e-9)
        assert random.df == pytest.approx(golden["RRRC"]["df"], abs=5e-3)
        assert (random.interval.low, random.interval.high) == pytest.approx(golden["RRRC"]["ci"], abs=5e-9)
        assert (fixed.interval.low, fixed.interval.high) == pytest.approx(golden["FRRC"]["ci"], abs=5e-9)


def test_rjafroc_agrees_on_the_two_tests(folder: Path) -> None:
    found, _ = compare(grid(table(folder)), "jackknife", "RRRC")
    assert (found.statistic, found.df2, found.p_value) == pytest.approx(
        (4.45631869315726, 15.2596745891416, 0.0516656858193), rel=1e-9
    )
