"""Single-reader AUC on the aSAH data: numbers of pROC 1.18.0.

Not ours: Obuchowski's variance, the partial AUC and the power of a single ROC curve.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis.mrmc.auc import auc, unpaired_difference
from reader_study.analysis.mrmc.covariance import delong
from reader_study.analysis.mrmc.placement import Components, placements
from reader_study.analysis.mrmc.single_arm import quantile, upper_tail
from reader_study.analysis.types import Estimate
from tests.reader_study.analysis.tables import rows

pytestmark = pytest.mark.real_data

MARKERS = ("s100b", "wfns", "ndka")


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


@pytest.fixture(scope="module")
def golden(folder: Path) -> dict:
    return json.loads((folder / "proc_asah_expected.json").read_text())["results"]


def marker(folder: Path, name: str, gender: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Values of the patients with a poor and with a good outcome."""
    patients = [row for row in rows(folder / "asah.csv") if gender in (None, row["gender"])]
    poor = np.array([patient["outcome"] == "Poor" for patient in patients])
    values = np.array([float(patient[name]) for patient in patients])
    return values[poor], values[~poor]


@pytest.mark.parametrize("name", MARKERS)
def test_areas_and_intervals(folder: Path, golden: dict, name: str) -> None:
    poor, good = marker(folder, name)
    found, row = auc(poor, good), golden[name]
    assert (poor.size, good.size) == (row["n_cases"], row["n_controls"])
    assert found.standard_error is not None and found.interval is not None
    assert (found.value, found.standard_error**2) == pytest.approx((row["auc"], row["var_delong"]), rel=1e-9)
    low, _, high = row["ci_delong"]
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-9)


def test_the_area_is_the_wilcoxon_statistic(folder: Path, golden: dict) -> None:
    poor, good = marker(folder, "s100b")
    assert placements(poor, good)[0] * poor.size * good.size == golden["wilcoxon_s100b"]["W"]


@pytest.mark.parametrize("first, second", [("s100b", "wfns"), ("s100b", "ndka"), ("wfns", "ndka")])
def test_paired(folder: Path, golden: dict, first: str, second: str) -> None:
    pair = [placements(*marker(folder, name)) for name in (first, second)]
    covariance = delong(Components(*(np.stack([np.asarray(part[index]) for part in pair]) for index in range(3))))
    if first == "s100b":
        assert covariance[0, 1] == pytest.approx(golden[f"cov_{first}_{second}_delong"], rel=1e-9)
    row = golden[f"test_{first}_{second}_paired_delong"]
    gap, error = pair[0][0] - pair[1][0], float(np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    assert gap / error == pytest.approx(row["statistic"], rel=1e-9)
    assert 2 * upper_tail(abs(gap / error), None) == pytest.approx(row["p.value"], rel=1e-9)
    half = quantile(0.975, None) * error
    assert (gap - half, gap + half) == pytest.approx(row["conf.int"], rel=1e-9)


def test_unpaired(folder: Path, golden: dict) -> None:
    men, women = (auc(*marker(folder, "s100b", gender)) for gender in ("Male", "Female"))
    found, row = unpaired_difference(men, women), golden["test_unpaired_male_female_s100b"]
    assert (men.value, women.value) == pytest.approx(tuple(row["estimate"].values()), rel=1e-9)
    assert found.value is not None and found.standard_error is not None
    assert (found.value / found.standard_error, found.df, found.p_value) == pytest.approx(
        (row["statistic"], row["parameter"], row["p.value"]), rel=1e-9
    )


def test_an_area_without_error_has_no_difference() -> None:
    assert unpaired_difference(Estimate(1.0, None, "auc_delong", 4), Estimate(1.0, None, "auc_delong", 4)).value is None
