"""The made-up visual Turing test from its CSV file to the stored results, against what nine R packages say of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User, Workspace
from reader_study.models import Study
from reader_study.services import finished_analysis
from reader_study.services.importing import columns_of_file, import_readings

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]

CLOSED = {"rel": 1e-9}
ROUNDED = {"abs": 5e-6}  # irrCAC gives five decimals


@pytest.fixture
def document(workspace: Workspace, coordinator: User) -> dict[str, Any]:
    with (Path(__file__).parent / "data" / "vtt_synthetic.csv").open("rb") as file:
        study: Study = import_readings(
            workspace=workspace, user=coordinator, title="Made up", file=file, columns=columns_of_file(file, {})
        )
    found = finished_analysis(study=study).document
    assert found is not None
    return found["analysis"]


def test_the_stored_results_are_those_of_the_reference_programs(document: dict[str, Any], shared_data: Path) -> None:
    path = shared_data / "reference-statistics" / "vtt_synthetic_expected.json"
    expected = json.loads(path.read_text())["results"]
    single(document, expected)
    readers(document["readers"], expected["per_reader"])
    agreement(document["agreement"], document["repeats"], expected)
    models(document, expected)
    generators(document["generators"], expected["imrmc_genA_vs_genB_sharedreal"]["full"])


def single(document: dict[str, Any], expected: dict[str, Any]) -> None:
    """MRMCaov 0.3.0 and iMRMC 2.1.2 of one test; the pooled binomial beside it."""
    golden, found = expected["or_single_modality_DeLong"][0], document["auc"]["random"]
    ours = [found["estimate"], found["standard_error"], found["df"], found["mean_square_readers"], found["cov2"]]
    assert ours == pytest.approx([golden[name] for name in ("Estimate", "StdErr", "df", "MS(R)", "Cov2")], **CLOSED)
    interval = [found["interval"]["low"], found["interval"]["high"], found["p_value"]]
    assert interval == pytest.approx([golden["CI.Lower"], golden["CI.Upper"], golden["p_vs_0.5"]], **CLOSED)
    calls = expected["imrmc_balanced_accuracy_single"]["Ustat"][0]
    assert document["primary"]["random"]["estimate"] == pytest.approx(calls["AUCA"], **CLOSED)
    naive = expected["pooled_naive"]
    assert [document["pooled"][name] for name in ("correct", "n")] == [naive["k"], naive["n"]]
    assert document["pooled"]["p_value"] == pytest.approx(naive["binom_p"], **CLOSED)


def readers(rows: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    """R's binom.test, pROC 1.18.0 and signal detection with the log-linear correction."""
    assert [row["reader"] for row in rows] == sorted(expected)
    for row in rows:
        golden = expected[row["reader"]]
        values = {
            "acc": row["accuracy"]["value"],
            "sens": row["sensitivity"]["value"],
            "spec": row["specificity"]["value"],
            "auc": row["auc"]["value"],
            "binom_p": row["exact_p"],
            "auc_var_delong": row["auc"]["standard_error"] ** 2,
        }
        assert values == pytest.approx({name: golden[name] for name in values}, **CLOSED)
        for name, interval in (("acc_ci_wilson", "accuracy"), ("acc_ci_exact", "accuracy_exact")):
            ends = row[interval]["interval"]
            assert [ends["low"], ends["high"]] == pytest.approx(golden[name], **CLOSED)


def agreement(between: dict[str, Any], within: dict[str, Any], expected: dict[str, Any]) -> None:
    """irr 0.84.1, irrCAC 1.0 and psych 2.2.9."""
    golden = expected["agreement"]
    assert between["calls"]["fleiss"]["value"] == pytest.approx(golden["fleiss_call"], **CLOSED)
    for name, coefficient in (("ac1", "ac1_call"), ("conger", "conger_call"), ("fleiss", "fleiss_se")):
        found = between["calls"][name]
        assert [found["value"], found["standard_error"]] == pytest.approx(
            [golden[coefficient]["coeff.val"], golden[coefficient]["coeff.se"]], **ROUNDED
        )
    intra = expected["intra"]
    ours = {
        "n": within["n_pairs"],
        "agree_call": within["same_call"]["value"],
        "pooled_kappa_call": within["kappa_calls"]["value"],
        "pooled_wkappa_rating_quadratic": within["weighted_kappa_ratings"]["value"],
        "pooled_wkappa_rating_linear": within["linear_kappa_ratings"]["value"],
    }
    assert ours == pytest.approx(intra, **CLOSED)


def models(document: dict[str, Any], expected: dict[str, Any]) -> None:
    """lme4 1.1-31 and ordinal 2022.11-16."""
    fits = {
        "glmer_accuracy": document["models"]["accuracy"],
        "glmer_sdt_probit": document["models"]["detection"],
        "glmer_learning": document["order"]["learning"],
    }
    for name, fit in fits.items():
        golden = expected[name]
        assert fit["log_likelihood"] == pytest.approx(golden["logLik"], abs=2e-3)
        values = [term["estimate"]["value"] for term in fit["terms"]]
        assert values == pytest.approx(list(golden["fixef"].values()), abs=2e-3)


def generators(found: dict[str, Any], golden: list[dict[str, Any]]) -> None:
    """iMRMC 2.1.2: each generator's area against the shared real cases, and their difference."""
    areas = dict(zip(("genA", "genB"), (golden[0]["AUC.1"], golden[1]["AUC.1"]), strict=True))
    arms = {name: arm["estimate"] for name, arm in found["auc"]["comparison"]["arms"]}
    assert arms == pytest.approx(areas, **CLOSED)
