"""The classifier's numbers against scikit-learn, closed forms and plain recomputation."""

import ast
import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, roc_auc_score, roc_curve

from evaluation.metrics import roc
from evaluation.metrics.calibration import fit_platt
from evaluation.metrics.classifier import classifier_family, estimate_finding, mean_estimates, replicates
from evaluation.metrics.difference import difference
from evaluation.metrics.findings import PATHOLOGIES, canonical, label_table, labels
from evaluation.metrics.judging import judge, tune, youden_threshold
from evaluation.metrics.precision_recall import average_precision, estimate_average_precision, influence
from evaluation.metrics.result import Comparison, Estimate, MetricResult, Sample, Settings

from .clinical_samples import binormal


def rough_scores(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, labels, blocks."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.3).astype(np.intp)
    return np.round(rng.normal(size=n) + truth, 1), truth, rng.integers(0, 7, n)


def test_numbers_of_a_finding_are_those_of_scikit_learn() -> None:
    sample = binormal(0, 300, area=0.8, share=0.4, per_group=3)
    view = judge(sample, ["Effusion"], Settings())["Effusion"]
    estimates = estimate_finding(view, Settings())
    tn, fp, fn, tp = confusion_matrix(view.truth, view.scores >= 0.5).ravel()
    expected = {
        "auroc": roc_auc_score(view.truth, view.scores),
        "auprc": average_precision_score(view.truth, view.scores),
        "sensitivity": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "accuracy": (tp + tn) / len(view.truth),
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "brier": brier_score_loss(view.truth, view.scores),
    }
    for name, value in expected.items():
        assert estimates[name].value == pytest.approx(value, abs=1e-12), name
        assert estimates[name].low < value < estimates[name].high


def test_leaving_out_blocks_equals_leaving_out_blocks() -> None:
    scores, truth, blocks = rough_scores(0)
    areas = roc.auroc_without_blocks(scores, truth, blocks, 7)
    assert areas[0] == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    for block in range(7):
        kept = blocks != block
        assert areas[1 + block] == pytest.approx(roc_auc_score(truth[kept], scores[kept]), abs=1e-12)
    sample = binormal(3, 120, per_group=2)
    view = judge(sample, ["Effusion"], Settings(blocks=5))["Effusion"]
    table = replicates(view, 5)
    for block in range(5):
        kept = view.blocks != block
        part = replace(
            view,
            **{k: getattr(view, k)[kept] for k in ("truth", "scores", "groups", "blocks", "thresholds", "calibrated")},
        )
        plain = estimate_finding(part, Settings())
        for name, values in table.items():
            assert values[1 + block] == pytest.approx(plain[name].value, abs=1e-12), name


def test_average_precision_is_the_derivative_of_its_influence() -> None:
    """The influence of an image is how fast the area moves when the image counts more: doubled in every n-th copy."""
    scores, truth, _ = rough_scores(1, 60)
    area, v10, v01 = influence(scores, truth, 0.3)
    assert area == pytest.approx(average_precision(scores, truth, 0.3), abs=1e-12)
    copies = 400
    for value, v in ((1, v10), (0, v01)):
        rows = np.flatnonzero(truth == value)
        for place in (0, len(rows) // 2, len(rows) - 1):
            many = np.repeat(np.arange(60), copies)
            more = np.append(many, np.repeat(rows[place], 4))
            slope = (average_precision(scores[more], truth[more], 0.3) - area) / (4 / (len(rows) * copies))
            assert slope == pytest.approx(v[place], abs=0.02)


def test_average_precision_at_another_prevalence_is_that_of_a_set_with_it() -> None:
    scores, truth, _ = rough_scores(2, 200)
    tripled = np.concatenate([np.flatnonzero(truth == 0), np.repeat(np.flatnonzero(truth == 1), 3)])
    share = float(truth[tripled].mean())
    expected = average_precision_score(truth[tripled], scores[tripled])
    assert average_precision(scores, truth, share) == pytest.approx(expected, abs=1e-12)


def test_intervals_of_average_precision_hold_the_truth() -> None:
    whole = binormal(99, 200_000, share=0.2)
    assert whole.probabilities is not None
    target = average_precision(whole.probabilities[:, 0], labels(whole, "Effusion"), 0.2)
    held = 0
    for seed in range(200):
        sample = binormal(seed, 240, share=0.2, per_group=4, within=0.3)
        view = judge(sample, ["Effusion"], Settings())["Effusion"]
        estimate = estimate_average_precision(view.scores, view.truth, view.groups, 0.2, 0.95)
        held += estimate.low <= target <= estimate.high
    assert held >= 178  # 0.95 of 200 is 190; fewer than this has a chance below 0.001


def test_the_roc_curve_is_the_whole_curve_in_few_points() -> None:
    scores, truth, _ = rough_scores(5, 2000)
    curve = roc.roc_curve(scores, truth)
    fpr, tpr, _ = roc_curve(truth, scores)
    assert len(curve["fpr"]) <= roc.CURVE_POINTS + 2 and (curve["fpr"][0], curve["tpr"][-1]) == (0, 1)
    assert np.interp(np.linspace(0, 1, 50), curve["fpr"], curve["tpr"]) == pytest.approx(
        np.interp(np.linspace(0, 1, 50), fpr, tpr), abs=0.02
    )
    assert np.trapezoid(curve["tpr"], curve["fpr"]) == pytest.approx(roc_auc_score(truth, scores), abs=2e-3)


def test_platt_is_a_logistic_regression_and_stays_finite() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=4000)
    truth = (rng.random(4000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.intp)
    scores, weights = 1 / (1 + np.exp(-logits)), rng.random(4000)
    platt = fit_platt(scores, truth, weights)
    peer = LogisticRegression(C=np.inf).fit(logits[:, None], truth, sample_weight=weights)
    assert (platt.slope, platt.intercept) == pytest.approx((peer.coef_[0, 0], peer.intercept_[0]), abs=5e-3)
    apart = fit_platt(np.repeat([0.2, 0.8], 30), np.repeat([0, 1], 30), np.ones(60))
    assert np.isfinite([apart.slope, apart.intercept]).all() and apart.apply(np.array([0.8]))[0] < 1


def by_name(results: tuple[MetricResult, ...], finding: str = "Effusion") -> dict[str, MetricResult]:
    return {result.metric: result for result in results if result.finding == finding}


def test_the_reference_is_judged_at_the_share_of_positives_of_the_synthetic_set() -> None:
    """Same classifier, other prevalence: no difference in any number, where plain numbers would differ by far."""
    results = by_name(classifier_family(Comparison(binormal(0, 4000, share=0.5), binormal(1, 4000, share=0.1))))
    for name in ("auprc", "accuracy", "brier", "ece"):
        shift = results[name].extra["difference"]
        assert shift["low"] <= 0 <= shift["high"] and abs(shift["value"]) < 0.04, name
    assert (
        average_precision_score(
            labels(binormal(1, 4000, share=0.1), "Effusion"), binormal(1, 4000, share=0.1).probabilities[:, 0]
        )
        < 0.6
    )
    assert results["auprc"].baseline.value > 0.8


def test_a_worse_generator_is_seen_in_every_number_but_only_order_free_ones_see_a_shift() -> None:
    reference = binormal(1, 1000)
    worse = by_name(classifier_family(Comparison(binormal(0, 1000, area=0.6), reference)))
    for name in ("auroc", "auprc", "balanced_accuracy", "accuracy"):
        shift = worse[name].extra["difference"]
        assert shift["high"] < 0 and shift["p"] < 0.001, name
    for name in ("ece", "brier"):
        assert worse[name].extra["difference"]["low"] > 0, name
    base = binormal(0, 1000)
    squeezed = replace(base, probabilities=base.probabilities**3)
    moved = by_name(classifier_family(Comparison(squeezed, reference)))
    assert moved["auroc"].value == by_name(classifier_family(Comparison(base, reference)))["auroc"].value
    assert moved["ece"].low > 0 and moved["sensitivity"].extra["difference"]["high"] < 0


def test_difference_of_independent_estimates() -> None:
    own, real = Estimate(0.8, 0.7, 0.88, 100, ""), Estimate(0.6, 0.5, 0.7, 100, "")
    found = difference(own, real, 0.95)
    assert found["value"] == pytest.approx(0.2)
    assert found["low"] == pytest.approx(0.2 - np.hypot(0.1, 0.1)) and found["high"] == pytest.approx(
        0.2 + np.hypot(0.08, 0.1)
    )
    assert found["p"] < 0.05 and found["low"] > 0
    assert difference(own, own, 0.95)["p"] == 1
    assert difference(real, own, 0.95)["value"] == -found["value"]


def test_youden_is_found_and_the_reference_is_not_flattered_by_it() -> None:
    scores, truth, _ = rough_scores(0)
    fpr, tpr, _ = roc_curve(truth, scores)
    cut = youden_threshold(scores, truth)
    called = scores >= cut
    assert called[truth == 1].mean() - called[truth == 0].mean() == pytest.approx((tpr - fpr).max())
    settings = Settings(operating_point="youden")
    own, real = binormal(0, 400, area=0.8), binormal(1, 400, area=0.7)
    balanced = by_name(classifier_family(Comparison(own, real, settings)))["balanced_accuracy"]
    assert "Youden" in balanced.method and balanced.extra["threshold"] != 0.5
    honest, flattered = [], []
    for seed in range(30):  # on noise, the best threshold of the same images shows more than chance
        view = judge(binormal(seed, 200, area=0.5), ["Effusion"], settings)["Effusion"]
        honest.append((tune(view, view, settings).calls == view.truth).mean())
        flattered.append(((view.scores >= youden_threshold(view.scores, view.truth)) == view.truth).mean())
    assert abs(np.mean(honest) - 0.5) < 0.02 < np.mean(flattered) - 0.5
    nothing = replace(real, findings=())
    fallback = by_name(classifier_family(Comparison(own, nothing, settings)))["balanced_accuracy"]
    assert "too few labelled reference images" in fallback.method and fallback.extra["threshold"] == 0.5


def test_refusals_say_what_is_missing() -> None:
    few = by_name(classifier_family(Comparison(binormal(0, 30, share=0.2), binormal(1, 100))))
    assert all(r.value is None and "there are 6 and 24" in r.refused for r in few.values())
    short = by_name(classifier_family(Comparison(binormal(0, 30), binormal(1, 100))))
    assert short["auroc"].value is not None and "40 labelled images" in short["ece"].refused
    plain = by_name(classifier_family(Comparison(binormal(0, 100), binormal(1, 30))))
    assert "raw outputs" in plain["brier"].method and plain["brier"].baseline is not None
    one_prompt = replace(binormal(0, 60), groups=("a",) * 30 + ("b",) * 30)
    assert "two prompts" in by_name(classifier_family(Comparison(one_prompt, binormal(1, 60))))["auroc"].refused


def test_the_row_without_a_finding_is_the_mean_over_findings() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((2000, 3)) < 0.2
    scores = 1 / (1 + np.exp(-(truth + rng.normal(size=(2000, 3)))))
    names = PATHOLOGIES[:3]
    findings = tuple(tuple(np.array(names)[row]) or ("No Finding",) for row in truth)
    sample = Sample(np.zeros((2000, 2)), tuple(str(i // 4) for i in range(2000)), findings, names, scores)
    views = list(judge(sample, names, Settings()).values())
    value = mean_estimates(views, 2000, Settings())["auroc"]
    assert value.value == pytest.approx(
        np.mean([roc_auc_score(truth[:, i], scores[:, i]) for i in range(3)]), abs=1e-12
    )
    assert value.low < value.value < value.high


def test_one_spelling_for_every_collection() -> None:
    spec = importlib.util.find_spec("torchxrayvision")
    assert spec is not None and spec.origin is not None
    tree = ast.parse((Path(spec.origin).parent / "datasets.py").read_text())  # importing it would load torch
    lists = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and "default_pathologies" in ast.dump(node)
    ]
    assert tuple(ast.literal_eval(lists[0])) == PATHOLOGIES
    assert len({canonical(name) for name in PATHOLOGIES}) == len(PATHOLOGIES)
    same = {
        "Effusion": ("Pleural Effusion", "pleural effusion", "Effusion"),
        "Lung Opacity": ("Airspace Opacity", "Airspace opacity", "Opacity", "Lung opacity"),
        "Pleural_Thickening": ("Pleural thickening", "Pleural Thickening", "pleural-thickening"),
        "Hernia": ("Hiatal hernia", "Hernia, Hiatal"),
        "Fracture": ("Rib fracture", "Fractures, Bone", "Clavicle fracture"),
        "Infiltration": ("Infiltrate", "infiltrates"),
        "Fibrosis": ("Pulmonary fibrosis",),
        "Edema": ("Pulmonary Edema", "oedema"),
        "No Finding": ("No finding", "Normal", "normal"),
    }
    for name, others in same.items():
        assert {canonical(other) for other in others} == {canonical(name)}, name
    assert canonical("Nodule/Mass") == canonical("Nodule / mass") not in (canonical("Nodule"), canonical("Mass"))


def test_uncertain_labels_are_neither() -> None:
    sample = Sample(
        np.zeros((4, 2)),
        tuple("abcd"),
        findings=(("Edema",), ("No Finding",), (), ("Pleural Effusion",)),
        uncertain=((), ("Effusion",), (), ()),
    )
    assert label_table(sample, ["Effusion", "Edema"]).tolist() == [[0, 1], [-1, 0], [-1, -1], [1, 0]]
