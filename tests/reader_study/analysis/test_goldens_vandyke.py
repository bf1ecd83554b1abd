"""Van Dyke: 114 cases (69 negative, 45 positive), 5 readers, 2 tests. Every entry of the reference outputs.

Numbers of MRMCaov 0.3.0, RJafroc 2.1.3 and OR-DBM MRMC 2.5 (Iowa), read from the reference files. Not ours: MRMCaov's
expected utility and binormal area (no such estimands here), and RJafroc's sample sizes (tested with the power functions).
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis import RatingTable
from reader_study.analysis.mrmc.comparison import Comparison, compare_arms_of
from reader_study.analysis.mrmc.dbm import dbm_test, or_components
from reader_study.analysis.mrmc.endpoint import estimated
from reader_study.analysis.mrmc.mean_squares import error_covariances
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.single_arm import SingleArm, quantile, single_arm
from tests.reader_study.analysis.tables import rows

pytestmark = pytest.mark.real_data

CLOSED = {"rel": 1e-9, "abs": 1e-15}
METHODS = ["DeLong", "jackknife", "unbiased"]
NESTED = {"case2_nested_in_reader": "case2", "case3_nested_in_treatment": "case3"}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict:
    return json.loads((folder / "mrmcaov_vandyke_expected.json").read_text())["results"]


@pytest.fixture(scope="module")
def rjafroc(folder: Path) -> dict:
    return json.loads((folder / "rjafroc_vandyke_expected.json").read_text())["results"]


def table(folder: Path, case: str = "case") -> RatingTable:
    reads = rows(folder / "vandyke.csv")
    ratings = np.array([float(read["rating"]) for read in reads])
    truth = np.array([int(read["truth"]) for read in reads])
    return RatingTable.build(
        reader=[read["reader"] for read in reads],
        case=[read[case] for read in reads],
        arm=[read["treatment"] for read in reads],
        truth=truth.tolist(),
        rating=ratings,
        call=ratings >= 3,
        extra={"right": (ratings >= 3) == truth},
    )


def compare(folder: Path, covariance: str, inference: str, case: str = "case") -> Comparison:
    found = compare_arms_of(
        table(folder, case), "rating", "AUC", covariance=covariance, inference=inference, method="or"
    )
    assert not found.reason
    return found


def key(entry: dict, *names: str) -> float:
    return next(entry[name] for name in names if name in entry)


def check_interval(found: object, entry: dict, low: str, high: str) -> None:
    interval = getattr(found, "interval")  # noqa: B009
    # A proportion's interval is clipped at 1 by MRMCaov and by us; an AUC's too.
    assert (interval.low, interval.high) == pytest.approx((entry[low], entry[high]), **CLOSED)


def check(found: Comparison, golden: dict) -> None:
    """Mean squares, components, the test, the differences and the arms of one MRMCaov result."""
    assert found.overall is not None
    squares, errors, test = found.overall.mean_squares, found.overall.errors, golden["test_equality"][0]
    ms = golden["mean_squares"]
    assert (squares.arms, squares.readers, squares.interaction) == pytest.approx(
        (ms["T"], ms["R"], ms["T:R"]), **CLOSED
    )
    if golden["vcov_comps"]:
        rows_ = {row[".row"].removeprefix("treatment:"): row for row in golden["vcov_comps"]}
        own = or_components(squares, errors, 2)
        between = {row[".row"]: row["Estimate"] for row in golden["vcov_comps"]}
        assert own.reader == pytest.approx(between["reader"], **CLOSED)
        assert own.arm_reader == pytest.approx(between["treatment:reader"], **CLOSED)
        for name, value in (("Error", own.error), ("Cov1", own.cov1), ("Cov2", own.cov2), ("Cov3", own.cov3)):
            assert value == pytest.approx(rows_[name]["Estimate"], **CLOSED)
            if rows_[name]["Correlation"] is not None:
                assert value / own.error == pytest.approx(rows_[name]["Correlation"], **CLOSED)
    assert found.overall.statistic == pytest.approx(key(test, "F", "X2"), **CLOSED)
    assert found.overall.p_value == pytest.approx(test["p-value"], **CLOSED)
    assert found.overall.df1 == key(test, "df1", "df")
    if "df2" in test:
        assert found.overall.df2 == pytest.approx(test["df2"], **CLOSED)
    check_difference(found.differences[0], golden["test_diffs"][0])
    for (_, arm), entry in zip(found.arms, golden["test_means"], strict=True):
        check_arm(arm, entry)


def check_difference(found: object, entry: dict) -> None:
    assert (found.estimate, found.standard_error, found.statistic, found.p_value) == pytest.approx(
        (entry["Estimate"], entry["StdErr"], key(entry, "t", "z"), key(entry, "p-value", "PrGTt", "PrGTz")), **CLOSED
    )
    if entry.get("df") or entry.get("DF"):
        assert found.df == pytest.approx(key(entry, "df", "DF"), **CLOSED)
    check_interval(found, entry, *(("CI.Lower", "CI.Upper") if "CI.Lower" in entry else ("CILower", "CIUpper")))


def check_arm(found: SingleArm, entry: dict) -> None:
    assert (found.estimate, found.standard_error) == pytest.approx((entry["Estimate"], entry["StdErr"]), **CLOSED)
    pairs = {"MS(R)": found.mean_square_readers, "Cov2": found.cov2, "df": found.df, "Var(Error)": found.var}
    for name, value in pairs.items():
        if name in entry:
            assert value == pytest.approx(entry[name], **CLOSED)
    check_interval(found, entry, "CI.Lower", "CI.Upper")


@pytest.mark.parametrize("inference", ["RRRC", "FRRC"])
@pytest.mark.parametrize("method", METHODS)
def test_areas(folder: Path, expected: dict, method: str, inference: str) -> None:
    golden = expected[f"VanDyke|auc|{method}|{inference}"]
    found = compare(folder, method.lower(), inference)
    check(found, golden)
    for entry, reader in zip(golden["reader_test_diffs"] or [], found.readers, strict=inference == "FRRC"):
        assert reader.reader == str(entry["Reader"])
        check_difference(reader.difference, entry)


@pytest.mark.parametrize("method", METHODS)
def test_covariance_matrices_and_single_readers(folder: Path, expected: dict, method: str) -> None:
    golden = expected[f"VanDyke|auc|{method}|FRRC"]
    reads = table(folder)
    for at, arm in enumerate(("1", "2")):
        panel = auc_panel(reads.where(reads.arm == arm), "rating", "AUC", covariance=method.lower())
        own = slice(5 * at, 5 * at + 5)
        block = np.array(golden["cov_matrix"])[own, own]
        np.testing.assert_allclose(panel.covariance, block, rtol=1e-9, atol=1e-15)
        for value, variance, entry in zip(
            panel.estimates, np.diag(panel.covariance), golden["reader_means"][own], strict=True
        ):
            assert (value, variance**0.5) == pytest.approx((entry["empirical_auc"], entry["StdErr"]), **CLOSED)
            half = quantile(0.975, None) * variance**0.5
            assert (value - half, min(1.0, value + half)) == pytest.approx(
                (entry["CI.Lower"], entry["CI.Upper"]), **CLOSED
            )


def test_fixed_cases(folder: Path, expected: dict) -> None:
    check(compare(folder, "delong", "RRFC"), expected["VanDyke|auc|RRFC"] | {"vcov_comps": None})


@pytest.mark.parametrize("method", ["jackknife", "unbiased"])
@pytest.mark.parametrize("nested", NESTED)
def test_nested_designs(folder: Path, expected: dict, nested: str, method: str) -> None:
    found = compare(folder, method, "RRRC", NESTED[nested])
    check(found, expected[f"VanDyke|auc|{method}|RRRC|{nested}"])
    assert found.design.kind.value == ("split-plot" if nested.startswith("case2") else "cases nested in arms")


@pytest.mark.parametrize("inference", ["RRRC", "FRRC"])
@pytest.mark.parametrize("name, truth", [("sens", 1), ("spec", 0)])
def test_sensitivity_and_specificity(folder: Path, expected: dict, name: str, truth: int, inference: str) -> None:
    golden = expected[f"VanDyke|binary_{name}|ge3|jackknife|{inference}"]
    reads = table(folder)
    one_class = reads.where(reads.truth == truth)
    found = compare_arms_of(one_class, "right", name, inference=inference, statistic="mean")
    check(found, golden)
    if inference == "RRRC":
        for arm, entry in zip(("1", "2"), golden["test_means"], strict=True):
            alone = estimated(one_class.where(one_class.arm == arm), "right", name)
            assert alone.random is not None and alone.random.standard_error == pytest.approx(entry["StdErr"], rel=1e-9)


def test_single_treatment_and_both_as_published_by_iowa(folder: Path) -> None:
    published = json.loads((folder / "iowa_ordbm_published.json").read_text())
    for arm in ("1", "2"):
        golden, reads = published[f"single_treatment_{arm}"], table(folder)
        panel = auc_panel(reads.where(reads.arm == arm), "rating", "AUC", covariance="jackknife")
        for inference in ("RRRC", "FRRC"):
            found, row = single_arm(panel, inference=inference), golden[inference]
            assert found.interval is not None
            assert (found.estimate, found.standard_error) == pytest.approx((golden["AUC"], row["se"]), abs=5e-9)
            assert (found.interval.low, found.interval.high) == pytest.approx(row["ci"], abs=5e-9)
            for name, value, digits in (("df", found.df, 5e-3), ("Cov2", found.cov2, 5e-9)):
                assert name not in row or value == pytest.approx(row[name], abs=digits)
            assert row.get("MSR") is None or found.mean_square_readers == pytest.approx(row["MSR"], abs=5e-9)
            assert row.get("VarError") is None or found.var == pytest.approx(row["VarError"], abs=5e-8)
    check_iowa_comparison(folder, published["two_treatment"])


def check_iowa_comparison(folder: Path, golden: dict) -> None:
    found, fixed = compare(folder, "jackknife", "RRRC"), compare(folder, "jackknife", "FRRC")
    assert found.overall is not None and fixed.overall is not None and found.dbm is not None
    squares, errors = found.overall.mean_squares, found.overall.errors
    ours = {"T": squares.arms, "R": squares.readers, "TR": squares.interaction}
    assert [ours[name] for name in golden["MS"]] == pytest.approx(list(golden["MS"].values()), abs=5e-9)
    parts = or_components(squares, errors, 2)
    assert [parts.reader, parts.arm_reader, parts.cov1, parts.cov2, parts.cov3, parts.error] == pytest.approx(
        [golden["OR"][name] for name in ("VarR", "VarTR", "Cov1", "Cov2", "Cov3", "VarError")], abs=6e-9
    )
    dbm = found.dbm
    assert [dbm.reader, dbm.case, dbm.arm_reader, dbm.arm_case, dbm.reader_case, dbm.error] == pytest.approx(
        [golden["DBM"][name] for name in ("VarR", "VarC", "VarTR", "VarTC", "VarRC", "VarErr")], abs=6e-9
    )
    assert found.overall.statistic == pytest.approx(golden["RRRC"]["F"], abs=5e-3)
    assert (found.overall.df2, found.overall.p_value) == pytest.approx(
        (golden["RRRC"]["df2"], golden["RRRC"]["p"]), abs=5e-3
    )
    assert fixed.overall.statistic == pytest.approx(golden["FRRC"]["X2"], abs=5e-6)
    for comparison, row in ((found, golden["RRRC"]), (fixed, golden["FRRC"])):
        difference = comparison.differences[0]
        assert difference.interval is not None
        assert difference.standard_error == pytest.approx(row["se"], abs=5e-6)
        assert (difference.interval.low, difference.interval.high) == pytest.approx(row["ci"], abs=5e-6)


@pytest.mark.parametrize("inference", ["RRRC", "FRRC", "RRFC"])
def test_rjafroc_or(folder: Path, rjafroc: dict, inference: str) -> None:
    golden = rjafroc[f"OR|jackknife|{inference}"]
    found = compare(folder, "jackknife", inference)
    assert found.overall is not None
    tests = golden[inference]["FTests"][0]
    assert found.overall.statistic == pytest.approx(key(tests, "FStat", "Chisq", "F"), rel=1e-9)
    assert found.overall.p_value == pytest.approx(tests["p"], rel=1e-9)
    check_difference(found.differences[0], golden[inference]["ciDiffTrt"][0] | {"DF": found.differences[0].df})
    for (_, arm), entry in zip(found.arms, golden[inference]["ciAvgRdrEachTrt"], strict=True):
        assert (arm.estimate, arm.standard_error) == pytest.approx((entry["Estimate"], entry["StdErr"]), **CLOSED)
        check_interval(arm, entry, "CILower", "CIUpper")
    for reader, entry in zip(found.readers, golden[inference].get("ciDiffTrtEachRdr", []), strict=inference == "FRRC"):
        check_difference(reader.difference, entry | {"DF": None})


def test_rjafroc_or_components(folder: Path, rjafroc: dict) -> None:
    golden = rjafroc["UtilORVarComp|jackknife"]
    found = compare(folder, "jackknife", "RRRC")
    assert found.overall is not None
    squares, errors = found.overall.mean_squares, found.overall.errors
    for value, entry, df in zip(
        (squares.arms, squares.readers, squares.interaction), golden["TRanova"], (1, 4, 4), strict=True
    ):
        assert (value, value * df, df) == pytest.approx((entry["MS"], entry["SS"], entry["DF"]), **CLOSED)
    own = or_components(squares, errors, 2)
    parts = {"VarR": own.reader, "VarTR": own.arm_reader, "Cov1": own.cov1, "Cov2": own.cov2, "Cov3": own.cov3,
             "Var": own.error}  # fmt: skip
    for entry in golden["VarCom"]:
        assert parts[entry[".row"]] == pytest.approx(entry["Estimates"], **CLOSED)
        if entry["Rhos"] is not None:
            assert parts[entry[".row"]] / own.error == pytest.approx(entry["Rhos"], **CLOSED)
    for (_, arm), entry in zip(found.arms, golden["IndividualTrt"], strict=True):
        assert (arm.mean_square_readers, arm.var, arm.cov2) == pytest.approx(
            (entry["msREachTrt"], entry["varEachTrt"], entry["cov2EachTrt"]), **CLOSED
        )
    for reader, entry in zip(found.readers, golden["IndividualRdr"], strict=True):
        gap, error = reader.difference.estimate, reader.difference.standard_error
        assert gap**2 / 2 == pytest.approx(entry["msTEachRdr"], **CLOSED)
        assert error is not None
        assert error**2 == pytest.approx(2 * (entry["varEachRdr"] - entry["cov1EachRdr"]), **CLOSED)


@pytest.mark.parametrize("inference", ["RRRC", "FRRC", "RRFC"])
def test_rjafroc_dbm(folder: Path, rjafroc: dict, inference: str) -> None:
    golden = rjafroc[f"DBM|jackknife|{inference}"]
    found = compare(folder, "jackknife", inference)
    assert found.dbm is not None
    test, row = dbm_test(found.dbm, 2, 5, inference), golden[inference]["FTests"][0]
    assert (test.f, test.df1, test.p_value) == pytest.approx((row["FStat"], row["DF"], row["p"]), rel=1e-9)
    assert test.df2 == pytest.approx(golden[inference]["FTests"][1]["DF"], rel=1e-9)
    # Same standard errors as Obuchowski-Rockette; the fixed-reader ones are read with the t of the cases' df.
    entries = zip([found.differences[0], *(arm for _, arm in found.arms)],
                  [*golden[inference]["ciDiffTrt"], *golden[inference]["ciAvgRdrEachTrt"]], strict=True)  # fmt: skip
    for ours, entry in entries:
        assert (ours.estimate, ours.standard_error) == pytest.approx((entry["Estimate"], entry["StdErr"]), **CLOSED)
        half = quantile(0.975, entry["DF"]) * entry["StdErr"]
        assert (ours.estimate - half, ours.estimate + half) == pytest.approx(
            (entry["CILower"], entry["CIUpper"]), **CLOSED
        )
        assert inference == "FRRC" or ours.df == pytest.approx(entry["DF"], rel=1e-9)


@pytest.mark.parametrize("name", ["UtilDBMVarComp", "DBM|jackknife|RRRC"])
def test_rjafroc_dbm_components(folder: Path, rjafroc: dict, name: str) -> None:
    golden = rjafroc[name].get("ANOVA", rjafroc[name])
    found = compare(folder, "jackknife", "RRRC")
    dbm = found.dbm
    assert dbm is not None and found.overall is not None
    parts = {"VarR": dbm.reader, "VarC": dbm.case, "VarTR": dbm.arm_reader, "VarTC": dbm.arm_case,
             "VarRC": dbm.reader_case, "VarErr": dbm.error}  # fmt: skip
    assert [parts[row[".row"]] for row in golden["VarCom"]] == pytest.approx(
        [row["Estimates"] for row in golden["VarCom"]], **CLOSED
    )
    total = 0.0
    for row in golden["TRCanova"]:
        if row[".row"] == "Total":
            assert total == pytest.approx(row["SS"], rel=1e-9)
            continue
        total += dbm.mean_squares[row[".row"]] * row["DF"]
        assert dbm.mean_squares[row[".row"]] == pytest.approx(row["MS"], **CLOSED)
    for at, (_, arm) in enumerate(found.arms):
        assert arm.mean_square_readers is not None and arm.cov2 is not None
        error = 114 * (arm.var - arm.cov2)
        ours = {"msR": 114 * arm.mean_square_readers, "msC": error + 5 * 114 * arm.cov2, "msRC": error}
        for row in golden["IndividualTrt"]:
            assert ours[row[".row"]] == pytest.approx(row[f"trt{at}"], **CLOSED)


def test_rjafroc_dbm_of_each_reader(folder: Path, expected: dict, rjafroc: dict) -> None:
    golden = {row[".row"]: row for row in rjafroc["UtilDBMVarComp"]["IndividualRdr"]}
    covariance = np.array(expected["VanDyke|auc|jackknife|RRRC"]["cov_matrix"])
    for at, reader in enumerate(compare(folder, "jackknife", "RRRC").readers):
        own = error_covariances(covariance[np.ix_((at, at + 5), (at, at + 5))], (2, 1))
        error = 114 * (own.var - own.cov1)
        assert 114 * reader.difference.estimate**2 / 2 == pytest.approx(golden["msT"][f"rdr{at}"], **CLOSED)
        assert error + 2 * 114 * own.cov1 == pytest.approx(golden["msC"][f"rdr{at}"], **CLOSED)
        assert error == pytest.approx(golden["msTC"][f"rdr{at}"], **CLOSED)


def test_figures_of_merit(folder: Path, rjafroc: dict) -> None:
    reads = table(folder)
    for arm, row in zip(("1", "2"), rjafroc["OR|jackknife|RRRC"]["FOMs"]["foms"], strict=True):
        panel = auc_panel(reads.where(reads.arm == arm), "rating", "AUC")
        assert panel.estimates == pytest.approx(row, rel=1e-12)


def test_the_arms_of_the_u_statistic_agree_with_the_unbiased_covariance(folder: Path) -> None:
    areas = compare_arms_of(table(folder), "rating", "AUC", method="ustat")
    ours = compare(folder, "unbiased", "RRRC")
    for (_, first), (_, second) in zip(areas.arms, ours.arms, strict=True):
        assert replace(first, df=None).standard_error == pytest.approx(second.standard_error, rel=1e-9)
