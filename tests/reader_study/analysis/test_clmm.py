"""Ordinal mixed models: ordinal 2022.11-16 under R 4.2.2."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis.models.mixed import INTERCEPT, Rows, ordinal_model
from reader_study.analysis.models.section import models_section
from reader_study.analysis.plain import plain
from tests.reader_study.analysis.mixed import deviations, errors, values, van_dyke
from tests.reader_study.analysis.tables import rows, turing_test

READER, CASE = ("reader", INTERCEPT), ("case", INTERCEPT)


def test_realism_of_the_visual_turing_test_as_clmm() -> None:
    found = models_section(turing_test())
    model = found.realism
    expected = [-0.955425628063149, -4.30435226662996, -2.4562565649733, -0.407800571976627, 1.43923190030376]
    assert values(model) == pytest.approx(expected, abs=2e-5)
    golden = [0.226433748087738, 0.316704500440514, 0.238635296042246, 0.211047250966916, 0.222311943530027]
    assert errors(model) == pytest.approx(golden, rel=1e-4)
    assert deviations(model)[CASE] == pytest.approx(0.783748906881493, abs=1e-5)
    assert deviations(model)[READER] == pytest.approx(0.270428253869834, abs=1e-5)
    assert model.log_likelihood == pytest.approx(-810.527487928669, abs=1e-5)
    assert found.realism_odds_ratio.value == pytest.approx(np.exp(-0.955425628063149), abs=1e-5)
    assert [term.name for term in model.cuts] == ["1|2", "2|3", "3|4", "4|5"]


@pytest.mark.real_data
def test_wine_as_clmm_and_clm(shared_data: Path) -> None:
    tasted = rows(shared_data / "reference-statistics" / "ordinal_wine.csv")
    effects = {
        "tempwarm": np.array([row["temp"] == "warm" for row in tasted], float),
        "contactyes": np.array([row["contact"] == "yes" for row in tasted], float),
    }
    judge = np.array([row["judge"] for row in tasted])
    sample = Rows(np.array([float(row["rating"]) for row in tasted]), None, judge, effects)
    golden = json.loads((shared_data / "reference-statistics" / "misc_expected.json").read_text())["results"]["ordinal"]
    mixed, alone = golden["clmm_wine"], golden["clm_wine"]
    model = ordinal_model(sample, name="wine", formula="")
    terms = {term.name: term.estimate for term in (*model.terms, *model.cuts)}
    for (name, value), error in zip(mixed["coef"].items(), mixed["se"], strict=True):
        assert terms[name].value == pytest.approx(value, abs=1e-4)
        assert terms[name].standard_error == pytest.approx(error, rel=1e-3)
    assert deviations(model) == {CASE: pytest.approx(mixed["sd_judge"], abs=1e-4)}
    assert model.log_likelihood == pytest.approx(mixed["logLik"], abs=1e-4)
    model = ordinal_model(replace(sample, case=None), name="wine", formula="")
    terms = {term.name: term.estimate for term in (*model.terms, *model.cuts)}
    assert {name: term.value for name, term in terms.items()} == pytest.approx(alone["coef"], abs=1e-5)
    assert model.log_likelihood == pytest.approx(alone["logLik"], abs=1e-7)


@pytest.mark.real_data
def test_ratings_of_van_dyke_as_probit_clmm(shared_data: Path) -> None:
    folder = shared_data / "reference-statistics"
    golden = json.loads((folder / "misc_expected.json").read_text())["results"]["ordinal"]["clmm_vandyke_t1_probit"]
    table = van_dyke(folder)
    model = models_section(table.where(table.arm == "1")).rating
    found = {term.name: term.estimate.value for term in (*model.terms, *model.cuts)}
    assert found == pytest.approx(golden["coef"], abs=1e-4)
    assert deviations(model)[CASE] == pytest.approx(golden["sds"]["case"], abs=1e-4)
    assert deviations(model)[READER] == pytest.approx(golden["sds"]["reader"], abs=1e-4)
    assert model.log_likelihood == pytest.approx(golden["logLik"], abs=1e-4)


def test_only_the_order_of_levels_matters() -> None:
    table = turing_test()
    stretched = replace(table, extra={"realism": table.column("realism") ** 3})
    there, back = models_section(table).realism, models_section(stretched).realism
    assert values(back) == pytest.approx(values(there), rel=1e-9)


def test_reversing_the_scale_mirrors_the_effect() -> None:
    table = turing_test()
    turned = replace(table, extra={"realism": 6 - table.column("realism")})
    there, back = models_section(table).realism, models_section(turned).realism
    assert values(back)[0] == pytest.approx(-values(there)[0], abs=1e-5)
    assert values(back)[1:] == pytest.approx([-value for value in values(there)[:0:-1]], abs=1e-4)


@pytest.mark.parametrize(
    ("levels", "reason"), [([1, 1, 1, 1], "same level"), ([1, 2, 1, 2], "two levels"), ([np.nan] * 4, "no reads")]
)
def test_scales_that_allow_no_model(levels: list[float], reason: str) -> None:
    who, what = np.array(["a", "a", "b", "b"]), np.array(["x", "y", "x", "y"])
    sample = Rows(np.array(levels, float), who, what, {"truth": np.array([0.0, 1.0, 0.0, 1.0])})
    model = ordinal_model(sample, name="realism", formula="")
    assert reason in model.reason
    assert plain(model)["terms"] == []


def test_continuous_ratings_are_not_taken_for_levels() -> None:
    table = turing_test()
    fine = replace(table, rating=np.linspace(0, 100, len(table)))
    assert "distinct values" in models_section(fine).rating.reason


def test_realism_that_was_not_asked_is_said() -> None:
    found = models_section(replace(turing_test(), extra={}))
    assert found.realism.reason == "No realism was asked."
    assert found.realism_odds_ratio is None
