"""Chance-corrected agreement on published tables: numbers of irrCAC 1.0, irr 0.84.1 and statsmodels 0.15.0."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis.agreement.coefficients import fleiss_kappa, gwet_ac, percent_agreement, quadratic_weights
from reader_study.analysis.agreement.repeats import cohen_kappa

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


@pytest.fixture(scope="module")
def golden(folder: Path) -> dict:
    return json.loads((folder / "agreement_expected.json").read_text())["results"]


def ratings(path: Path) -> tuple[np.ndarray, list[float]]:
    """(raters, subjects) with labels replaced by numbers where they are words, and the categories."""
    with path.open(newline="") as file:
        cells = list(csv.reader(file))[1:]
    values = np.array([[float("nan") if cell == "NA" else float(cell.split(".")[0]) for cell in row] for row in cells])
    return values.T, sorted({float(value) for value in values.ravel() if not np.isnan(value)})


FILES = {"fleiss1971": "fleiss1971_diagnoses.csv", "gwet_raw4raters": "gwet_raw4raters.csv"}


@pytest.mark.parametrize("name, kind", [("fleiss1971", "irrCAC"), ("gwet_raw4raters", "nominal")])
def test_nominal_coefficients(folder: Path, golden: dict, name: str, kind: str) -> None:
    values, categories = ratings(folder / FILES[name])
    for function, key in ((fleiss_kappa, "fleiss"), (gwet_ac, "gwet"), (percent_agreement, "pa")):
        found, expected = function(values, categories), golden[name][kind][key]
        assert found.value == pytest.approx(expected["coeff.full"], rel=1e-9)
        assert found.standard_error == pytest.approx(expected["coeff.se"], abs=5.1e-6)


def test_weights_and_missing_ratings(folder: Path, golden: dict) -> None:
    values, categories = ratings(folder / FILES["gwet_raw4raters"])
    weights = quadratic_weights(categories)
    for function, key in ((fleiss_kappa, "fleiss"), (gwet_ac, "gwet")):
        found, expected = function(values, categories, weights=weights), golden["gwet_raw4raters"]["quadratic"][key]
        assert found.value == pytest.approx(expected["coeff.full"], rel=1e-9)
        assert found.standard_error == pytest.approx(expected["coeff.se"], abs=5.1e-6)


def test_cohen_kappa(folder: Path, golden: dict) -> None:
    values, categories = ratings(folder / "irr_anxiety.csv")
    plain, weighted = (cohen_kappa(values[0], values[1], categories, weighted=flag) for flag in (False, True))
    assert plain.value == pytest.approx(golden["anxiety"]["kappa2_unw"]["value"], rel=1e-9)
    assert weighted.value == pytest.approx(golden["anxiety"]["kappa2_squared"]["value"], rel=1e-9)
