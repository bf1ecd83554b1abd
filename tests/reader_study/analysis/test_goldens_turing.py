"""The made-up Turing test through MRMCaov 0.3.0: single arm, and generators against the same real cases."""

import json
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis.counts import confusion
from reader_study.analysis.mrmc.comparison import compare_arms_of
from reader_study.analysis.mrmc.covariance import auc_covariance
from reader_study.analysis.mrmc.endpoint import chance_endpoint
from reader_study.analysis.mrmc.grid import grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.pooled import pooled
from reader_study.analysis.mrmc.sources import by_generator, compare_sources
from reader_study.analysis.readers import reader_rows
from tests.reader_study.analysis.tables import imrmc_example, turing_test

pytestmark = pytest.mark.real_data

CLOSED = {"rel": 1e-9, "abs": 1e-15}


@pytest.fixture(scope="module")
def results(shared_data: Path) -> dict:
    return json.loads((shared_data / "reference-statistics" / "vtt_synthetic_expected.json").read_text())["results"]


@pytest.fixture(scope="module")
def example(shared_data: Path) -> dict:
    name = "imrmc_example_mrmcaov_rjafroc_expected.json"
    return json.loads((shared_data / "reference-statistics" / name).read_text())["results"]


@pytest.mark.parametrize("method", ["unbiased", "jackknife"])
def test_generators_against_shared_real_cases(results: dict, method: str) -> None:
    golden = results[f"mrmcaov_genA_vs_genB_{method}"]
    found = compare_sources(turing_test(), "rating", covariance=method)
    comparison = found.comparison
    assert comparison is not None and comparison.overall is not None
    assert found.sources == ("genA", "genB") and comparison.design.kind.value == "partially paired"
    check(comparison, golden)
    cells = grid(by_generator(turing_test().primary(), ["genA", "genB"]))
    components = auc_components(cells)
    assert components.estimates == pytest.approx([row["empirical_auc"] for row in golden["metrics"]], rel=1e-12)
    covariance = auc_covariance(cells, components, method)
    np.testing.assert_allclose(covariance, golden["cov_matrix"], rtol=1e-9, atol=1e-15)


def check(comparison: object, golden: dict) -> None:
    overall, test = comparison.overall, golden["test_equality"][0]
    squares = overall.mean_squares
    assert [squares.arms, squares.readers, squares.interaction] == pytest.approx(
        list(golden["mean_squares"].values()), **CLOSED
    )
    assert overall.p_value == pytest.approx(test["p-value"], **CLOSED)
    assert overall.statistic == pytest.approx(test.get("F", test.get("X2")), **CLOSED)
    for name in ("cov1", "cov2", "cov3"):
        if name.capitalize() in test:
            assert getattr(overall.errors, name) == pytest.approx(test[name.capitalize()], **CLOSED)
    entry, difference = golden["test_diffs"][0], comparison.differences[0]
    assert (difference.estimate, difference.standard_error, difference.statistic, difference.p_value) == pytest.approx(
        (entry["Estimate"], entry["StdErr"], entry.get("t", entry.get("z")), entry["p-value"]), **CLOSED
    )
    assert (difference.interval.low, difference.interval.high) == pytest.approx(
        (entry["CI.Lower"], entry["CI.Upper"]), **CLOSED
    )
    for (_, arm), row in zip(comparison.arms, golden["test_means"], strict=True):
        assert (arm.estimate, arm.standard_error, arm.cov2) == pytest.approx(
            (row["Estimate"], row["StdErr"], row["Cov2"]), **CLOSED
        )
        assert (arm.interval.low, arm.interval.high) == pytest.approx((row["CI.Lower"], row["CI.Upper"]), **CLOSED)
        if "df" in row:
            assert (arm.df, arm.mean_square_readers) == pytest.approx((row["df"], row["MS(R)"]), **CLOSED)


@pytest.mark.parametrize("inference", ["RRRC", "FRRC"])
@pytest.mark.parametrize("method", ["DeLong", "jackknife_nopb", "unbiased"])
def test_the_example_of_imrmc_through_mrmcaov(example: dict, method: str, inference: str) -> None:
    golden = example[method if inference == "RRRC" else f"{method}_FRRC"]
    covariance = method.removesuffix("_nopb").lower()
    found = compare_arms_of(imrmc_example(), "rating", "AUC", covariance=covariance, inference=inference)
    check(found, golden)
    cells = grid(imrmc_example())
    components = auc_components(cells)
    assert components.estimates == pytest.approx([row["empirical_auc"] for row in golden["metrics"]], rel=1e-12)
    matrix = auc_covariance(cells, components, covariance)
    np.testing.assert_allclose(matrix, golden["cov_matrix"], rtol=1e-9, atol=1e-15)
    for row, variance in zip(golden["reader_means"] or [], np.diag(matrix), strict=inference == "FRRC"):
        assert row["StdErr"] == pytest.approx(float(variance) ** 0.5, rel=1e-9)


def test_the_example_of_imrmc_through_rjafroc(example: dict) -> None:
    found = compare_arms_of(imrmc_example(), "rating", "AUC", covariance="jackknife")
    assert found.overall is not None and found.dbm is not None
    for name in ("RJafroc_OR", "RJafroc_DBM"):
        rows = example[name].get("RRRC", example[name])
        assert (found.overall.statistic, found.overall.p_value) == pytest.approx(
            (rows["FTests"][0]["FStat"], rows["FTests"][0]["p"]), rel=1e-9
        )
        assert found.overall.df2 == pytest.approx(rows["FTests"][1]["DF"], rel=1e-9)
        assert found.differences[0].standard_error == pytest.approx(rows["ciDiffTrt"][0]["StdErr"], rel=1e-9)
        for (_, arm), row in zip(found.arms, rows["ciAvgRdrEachTrt"], strict=True):
            assert (arm.estimate, arm.standard_error, arm.df) == pytest.approx(
                (row["Estimate"], row["StdErr"], row["DF"]), rel=1e-9
            )
    anova = example["RJafroc_DBM"]["ANOVA"]
    squares = [row["MS"] for row in anova["TRCanova"] if row["MS"] is not None]
    assert list(found.dbm.mean_squares.values()) == pytest.approx(squares, rel=1e-9)
    dbm = found.dbm
    parts = [dbm.reader, dbm.case, dbm.arm_reader, dbm.arm_case, dbm.reader_case, dbm.error]
    assert parts == pytest.approx([row["Estimates"] for row in anova["VarCom"]], rel=1e-9)


@pytest.mark.parametrize("covariance", ["DeLong", "jackknife_nopb", "unbiased"])
def test_single_arm(results: dict, covariance: str) -> None:
    row = results[f"or_single_modality_{covariance}"][0]
    name = covariance.removesuffix("_nopb").lower()
    found = chance_endpoint(turing_test(), "rating", "AUC", null=0.5, margin=0.1, alpha=0.05, covariance=name).random
    assert found is not None and found.interval is not None
    ours = (found.estimate, found.mean_square_readers, found.cov2, found.standard_error, found.df, found.statistic,
            found.p_value, found.interval.low, found.interval.high)  # fmt: skip
    names = ("Estimate", "MS(R)", "Cov2", "StdErr", "df", "t_vs_0.5", "p_vs_0.5", "CI.Lower", "CI.Upper")
    assert ours == pytest.approx([row[name] for name in names], **CLOSED)


def test_every_reader(results: dict) -> None:
    for row in reader_rows(turing_test(), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)):
        golden = results["per_reader"][row.reader]
        assert row.accuracy.interval and row.accuracy_exact.interval and row.auc.interval and row.detection
        assert (row.counts.n, row.counts.correct) == (golden["n"], golden["correct"])
        assert (row.accuracy.value, row.sensitivity.value, row.specificity.value, row.auc.value) == pytest.approx(
            (golden["acc"], golden["sens"], golden["spec"], golden["auc"]), rel=1e-9
        )
        assert [row.accuracy.interval.low, row.accuracy.interval.high] == pytest.approx(
            golden["acc_ci_wilson"], rel=1e-9
        )
        exact = row.accuracy_exact.interval
        assert [exact.low, exact.high] == pytest.approx(golden["acc_ci_exact"], rel=1e-9)
        area = row.auc.interval
        assert [area.low, row.auc.value, area.high] == pytest.approx(golden["auc_ci_delong"], rel=1e-9)
        assert row.exact_p == pytest.approx(golden["binom_p"], rel=1e-9)
        assert row.auc.standard_error == pytest.approx(golden["auc_var_delong"] ** 0.5, rel=1e-9)
        assert (row.detection.d_prime, row.detection.criterion, row.median_seconds) == pytest.approx(
            (golden["dprime_loglinear"], golden["c_loglinear"], golden["median_s"]), rel=1e-9
        )


def test_the_pooled_count(results: dict) -> None:
    found, golden = pooled(confusion(turing_test())), results["pooled_naive"]
    assert (found.correct, found.n) == (golden["k"], golden["n"])
    assert (found.accuracy, found.p_value) == pytest.approx((golden["acc"], golden["binom_p"]), rel=1e-9)
    assert found.accuracy is not None
    assert 1 - found.accuracy == pytest.approx(golden["hype_error_rate"], rel=1e-9)
