"""Chance-corrected agreement on published tables: numbers of irrCAC 1.0, irr 0.84.1, psych 2.2.9, statsmodels 0.15.0."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reader_study.analysis.agreement.between import BetweenReaders, agreement_between
from reader_study.analysis.agreement.coefficients import (
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    percent_agreement,
)
from reader_study.analysis.agreement.cohen import cohen_kappa, kappa_of_table
from reader_study.analysis.agreement.icc import icc
from reader_study.analysis.agreement.kendall import kendall_w
from reader_study.analysis.agreement.krippendorff import krippendorff_alpha
from reader_study.analysis.agreement.repeats import repeat_agreement
from reader_study.analysis.agreement.weights import (
    identity_weights,
    linear_weights,
    ordinal_weights,
    quadratic_weights,
)
from reader_study.analysis.types import Estimate, Floats
from tests.reader_study.analysis.tables import turing_test

LEVELS, REALISM = tuple(map(float, range(1, 7))), tuple(map(float, range(1, 6)))


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


@pytest.fixture(scope="module")
def golden(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "agreement_expected.json").read_text())["results"])


@pytest.fixture(scope="module")
def turing(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "vtt_synthetic_expected.json").read_text())["results"])


@pytest.fixture(scope="module")
def between() -> BetweenReaders:
    return agreement_between(turing_test(), LEVELS, REALISM, replicates=50)


def ratings(path: Path, *, readers_are_rows: bool = False) -> tuple[Floats, list[float]]:
    """(raters, subjects) with labels replaced by numbers where they are words, and the categories."""
    with path.open(newline="") as file:
        cells = list(csv.reader(file))[1:]
    missing = ("NA", "")
    values = np.array([[float("nan") if c in missing else float(c.split(".")[0]) for c in row] for row in cells])
    categories = sorted({float(value) for value in values.ravel() if not np.isnan(value)})
    return values if readers_are_rows else values.T, categories


def complete_in_irr(value: float, reads: int, readers: int) -> float:
    """What irr 0.84.1 prints for alpha where nothing is missing.

    Its coincidences are then not divided by the number of other readers, so that its small-sample factor is that of
    readers - 1 times as many values. (irrCAC on the data of Fleiss 1971 agrees with the definition and with us.)
    """
    inflated = reads * (readers - 1)
    return 1 - (1 - value) * (inflated - 1) / inflated * reads / (reads - 1)


FILES = {
    "fleiss1971": "fleiss1971_diagnoses.csv",
    "gwet_raw4raters": "gwet_raw4raters.csv",
    "gwet_raw5obser": "gwet_raw5obser.csv",
}
WEIGHTS: dict[str, Callable[..., Floats]] = {
    "irrCAC": identity_weights,
    "nominal": identity_weights,
    "linear": linear_weights,
    "quadratic": quadratic_weights,
    "ordinal": ordinal_weights,
}
COEFFICIENTS: dict[str, Callable[..., Estimate]] = {
    "gwet": gwet_ac,
    "fleiss": fleiss_kappa,
    "conger": conger_kappa,
    "bp": brennan_prediger,
    "pa": percent_agreement,
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", FILES)
def test_coefficients_with_every_weight(folder: Path, golden: dict[str, Any], name: str) -> None:
    values, categories = ratings(folder / FILES[name])
    kinds = [kind for kind in WEIGHTS if kind in golden[name]]
    assert kinds
    for kind in kinds:
        for key, function in COEFFICIENTS.items():
            found = function(values, categories, weights=WEIGHTS[kind](categories))
            expected = golden[name][kind][key]
            assert found.value == pytest.approx(expected["coeff.full"], rel=1e-9)
            # irrCAC prints five decimals of the standard error and three of the interval.
            assert found.standard_error == pytest.approx(expected["coeff.se"], abs=5.1e-6)
            assert found.interval is not None
            printed = tuple(float(end) for end in expected["conf.int"].strip("()").split(","))
            assert (found.interval.low, found.interval.high) == pytest.approx(printed, abs=5.1e-4)


@pytest.mark.real_data
def test_two_raters_in_a_table(folder: Path, golden: dict[str, Any]) -> None:
    counts = np.loadtxt(folder / "gwet_cont4x4diagnosis.csv", delimiter=",", skiprows=1).astype(int)
    rows, columns = np.indices(counts.shape)
    values = np.stack([np.repeat(axis.ravel(), counts.ravel()) for axis in (rows, columns)]).astype(float)
    n, expected = values.shape[1], golden["cont4x4"]
    ac1, kappa = gwet_ac(values, range(4)), cohen_kappa(values[0], values[1], range(4))
    assert ac1.value == pytest.approx(expected["gwet"]["coeff.val"], rel=1e-9)
    # irrCAC divides by n for tables and by n - 1 for raw ratings.
    assert ac1.standard_error * np.sqrt((n - 1) / n) == pytest.approx(expected["gwet"]["coeff.se"], rel=1e-9)
    assert kappa.value == pytest.approx(expected["kappa"]["coeff.val"], rel=1e-9)
    assert kappa.standard_error == pytest.approx(expected["kappa"]["coeff.se"], rel=1e-9)
    alpha = krippendorff_alpha(values, replicates=0)
    assert alpha.value == pytest.approx(expected["kripp"]["coeff.val"], rel=1e-9)


@pytest.mark.real_data
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff_2011(folder: Path, golden: dict[str, Any], level: str) -> None:
    values, _ = ratings(folder / "krippendorff2011_4obs_12units.csv", readers_are_rows=True)
    found = krippendorff_alpha(values, level=level, replicates=200)
    assert found.value == pytest.approx(golden["krippendorff2011"][level]["alpha"], rel=1e-9)
    assert found.n == 11 and found.interval is not None
    assert found.interval.low < found.value < found.interval.high


@pytest.mark.real_data
def test_krippendorff_in_other_packages(folder: Path, golden: dict[str, Any]) -> None:
    for name, kind, level in (
        ("fleiss1971", "irrCAC", "nominal"),
        ("gwet_raw4raters", "nominal", "nominal"),
        ("gwet_raw4raters", "quadratic", "interval"),
        ("gwet_raw5obser", "nominal", "nominal"),
    ):
        values, _ = ratings(folder / FILES[name])
        found = krippendorff_alpha(values, level=level, replicates=0)
        assert found.value == pytest.approx(golden[name][kind]["kripp"]["coeff.full"], rel=1e-9)
    values, _ = ratings(folder / "irr_anxiety.csv")
    found = krippendorff_alpha(values, level="ordinal", replicates=0)
    assert found.value is not None
    assert complete_in_irr(found.value, 60, 3) == pytest.approx(golden["anxiety"]["kripp_ordinal"], rel=1e-9)


@pytest.mark.real_data
def test_shrout_and_fleiss_1979(folder: Path, golden: dict[str, Any]) -> None:
    values, _ = ratings(folder / "shrout_fleiss1979.csv")
    for expected in golden["shrout_fleiss1979"]["psych_ICC"]:
        kind = f"{expected['type'][3]},{'k' if expected['type'].endswith('k') else '1'}"
        found = icc(values, kind)
        assert found.interval is not None
        ends = (found.value, found.interval.low, found.interval.high, found.p_value)
        wanted = tuple(expected[name] for name in ("ICC", "lower bound", "upper bound", "p"))
        assert ends == pytest.approx(wanted, rel=1e-9)


@pytest.mark.real_data
def test_anxiety(folder: Path, golden: dict[str, Any]) -> None:
    values, categories = ratings(folder / "irr_anxiety.csv")
    expected = golden["anxiety"]
    for weights, key in (("", "kappa2_unw"), ("linear", "kappa2_equal"), ("quadratic", "kappa2_squared")):
        found = cohen_kappa(values[0], values[1], categories, weights=weights)
        assert found.value == pytest.approx(expected[key]["value"], rel=1e-9)
    single, ranks = icc(values), kendall_w(values)
    assert single.interval is not None
    wanted = tuple(expected["icc21"][name] for name in ("value", "lbound", "ubound"))
    assert (single.value, single.interval.low, single.interval.high) == pytest.approx(wanted, rel=1e-9)
    wanted = expected["kendallW"]["value"], expected["kendallW"]["p.value"]
    assert (ranks.value, ranks.p_value) == pytest.approx(wanted, rel=1e-9)


def test_weighted_kappa_and_its_variance() -> None:
    """Cohen (1968), table 1 (psych 2.2.9), and Fleiss, Cohen and Everitt (1969), whose variance psych does not give."""
    cohen = np.array([[88, 10, 2], [14, 40, 6], [18, 10, 12]], float)
    assert kappa_of_table(cohen)[0] == pytest.approx(0.491525423728813, rel=1e-9)
    assert kappa_of_table(cohen)[1] == pytest.approx(0.00260118519205626, rel=1e-9)
    disagreement = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], float)
    assert kappa_of_table(cohen, disagreement=disagreement)[0] == pytest.approx(0.347826086956522, rel=1e-9)
    shares = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])
    weights = np.array([[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]])
    value, variance = kappa_of_table(shares * 200, disagreement=1 - weights)
    assert value == pytest.approx(0.507069964866798, rel=1e-9)
    assert variance == pytest.approx(0.0032483029, abs=5.1e-11)


@pytest.mark.real_data
def test_agreement_between_the_readers_of_a_turing_test(turing: dict[str, Any], between: BetweenReaders) -> None:
    expected, calls, marks = turing["agreement"], between.calls, between.ratings
    assert calls.fleiss.value == pytest.approx(expected["fleiss_call"], rel=1e-9)
    for found, key in (
        (calls.ac1, "ac1_call"),
        (calls.fleiss, "fleiss_se"),
        (calls.conger, "conger_call"),
        (marks.ac2_ordinal, "ac2_rating_ordinal"),
        (marks.ac2_quadratic, "ac2_rating_quadratic"),
    ):
        assert found.value == pytest.approx(expected[key]["coeff.val"], abs=5.1e-6)
        assert found.standard_error == pytest.approx(expected[key]["coeff.se"], abs=5.1e-6)
    assert calls.percent.value == pytest.approx(expected["ac1_call"]["pa"], rel=1e-9)
    assert between.realism is not None
    for found, key in (
        (calls.alpha_nominal, "kripp_call_nominal"),
        (marks.alpha_ordinal, "kripp_rating_ordinal"),
        (marks.alpha_interval, "kripp_rating_interval"),
        (between.realism.alpha_ordinal, "kripp_realism_ordinal"),
    ):
        assert found.value is not None
        assert complete_in_irr(found.value, 600, 6) == pytest.approx(expected[key], rel=1e-9)
    assert between.realism.kendall_w.value == pytest.approx(expected["kendallW_realism"], rel=1e-9)
    by_type = {row["type"]: row for row in expected["icc_realism"]}
    for found, kind in ((between.realism.icc_single, "ICC2"), (between.realism.icc_mean, "ICC2k")):
        assert found.interval is not None
        wanted = tuple(by_type[kind][name] for name in ("ICC", "lower bound", "upper bound"))
        assert (found.value, found.interval.low, found.interval.high) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.real_data
def test_agreement_of_readers_with_themselves(turing: dict[str, Any]) -> None:
    found, expected = repeat_agreement(turing_test(), LEVELS), turing["intra"]
    assert found.n_pairs == expected["n"]
    assert found.same_call.value == pytest.approx(expected["agree_call"], rel=1e-9)
    assert found.kappa_calls.value == pytest.approx(expected["pooled_kappa_call"], rel=1e-9)
    quadratic, linear = found.weighted_kappa_ratings, found.linear_kappa_ratings
    assert quadratic.value == pytest.approx(expected["pooled_wkappa_rating_quadratic"], rel=1e-9)
    assert linear.value == pytest.approx(expected["pooled_wkappa_rating_linear"], rel=1e-9)
    assert found.icc_ratings.interval is not None


def test_every_pair_of_readers_has_a_row(between: BetweenReaders) -> None:
    assert [(pair.first, pair.second) for pair in between.pairs[:2]] == [("reader1", "reader2"), ("reader1", "reader3")]
    assert len(between.pairs) == 15 and {pair.n for pair in between.pairs} == {100}
    mean = np.mean([pair.percent_calls for pair in between.pairs])
    assert mean == pytest.approx(between.calls.percent.value)
    assert "kappa near 0" in between.explanation
