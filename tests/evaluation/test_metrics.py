"""What every metric must do, whatever it measures."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.metrics import METRICS, MetricError, MetricResult, Sample, Settings, measure, nearest_to
from evaluation.metrics.frechet import AT_THIS_N, CORRECTED
from evaluation.metrics.prdc import duplicate_share, precision_recall_density_coverage
from evaluation.metrics.vendi import vendi_score

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("Effusion", "Cardiomegaly", "Nodule")


def make_sample(seed: int, n: int = 80, shift: float = 0.0, d: int = 8, per_group: int = 4) -> Sample:
    rng = np.random.default_rng(seed)
    positive = np.arange(n) // per_group % 2
    findings = tuple(("Pleural Effusion", "Enlarged heart") if p else ("No Finding",) for p in positive)
    probabilities = np.clip(0.5 + 0.2 * positive[:, None] - 0.1 + 0.15 * rng.normal(size=(n, 3)), 0, 1)
    base = np.random.default_rng(1).random((256, 256)).astype(np.float32)

    def load_pixels(index: int) -> np.ndarray:
        return np.clip(0.7 * base + 0.3 * np.random.default_rng([seed, index]).random((256, 256)), 0, 1).astype(
            np.float32
        )

    features = rng.normal(size=(n, d)) * np.arange(1, d + 1) ** -0.5 + shift
    groups = tuple(f"{i // per_group:03d}" for i in range(n))
    return Sample(features, groups, findings, CLASSES, probabilities, (0.5,) * 3, load_pixels)


@pytest.fixture(scope="module")
def results() -> tuple[MetricResult, ...]:
    return measure(make_sample(0, shift=0.4), make_sample(1, 120, per_group=2))


def test_every_metric_gives_a_value_inside_its_interval(results: tuple[MetricResult, ...]) -> None:
    assert [r.metric for r in results if not r.finding] == list(
        dict.fromkeys(r.metric for r in results if not r.finding)
    )
    assert {r.metric for r in results} == set(METRICS)
    for result in results:
        assert result.direction == METRICS[result.metric].direction and not result.refused
        assert result.low <= result.value <= result.high and result.n >= 20 and result.method
        if result.baseline:
            assert result.baseline.low <= result.baseline.value <= result.baseline.high and result.baseline_label


def test_findings_are_matched_across_spellings(results: tuple[MetricResult, ...]) -> None:
    assert {r.finding for r in results} == {"", "Effusion", "Cardiomegaly"}
    areas = {r.finding: r.value for r in results if r.metric == "auroc"}
    assert areas[""] == pytest.approx((areas["Effusion"] + areas["Cardiomegaly"]) / 2)
    assert 0.6 < areas["Effusion"] < 1


def values(results: tuple[MetricResult, ...]) -> dict[tuple[str, str], tuple[float | None, ...]]:
    return {(r.metric, r.finding): (r.value, r.low, r.high) for r in results}


def test_row_order_does_not_matter(results: tuple[MetricResult, ...]) -> None:
    names = [n for n in METRICS if n != "ms_ssim_within_prompt"]
    left, right = make_sample(0, shift=0.4), make_sample(1, 80)
    order = np.random.default_rng(5).permutation(80)
    before, after = values(measure(left, right, names=names)), values(measure(left.take(order), right, names=names))
    for key, numbers in before.items():
        assert after[key] == pytest.approx(numbers, rel=1e-6, abs=1e-6), key


def test_the_same_seed_gives_the_same_numbers() -> None:
    pair = make_sample(0, 90, 0.4), make_sample(1, 60)
    names = ["frechet_distance", "precision", "vendi_score"]
    first, second = (measure(*pair, names=names, settings=Settings(seed=3)) for _ in range(2))
    assert values(first) == values(second)


def test_swapping_the_sets_swaps_precision_and_recall() -> None:
    x, y = make_sample(0).features, make_sample(1, shift=0.8).features
    forth, back = precision_recall_density_coverage(x, y), precision_recall_density_coverage(y, x)
    assert (forth.precision, forth.recall) == (back.recall, back.precision)


def test_a_shift_raises_the_distances_and_clears_zero() -> None:
    reference = make_sample(1, 120)
    near, far = (values(measure(make_sample(0, shift=s), reference)) for s in (0.0, 1.5))
    for name in ("frechet_distance", "kernel_distance"):
        assert far[name, ""][1] > near[name, ""][2] and far[name, ""][1] > 0
    assert near["kernel_distance", ""][1] < 0 < near["kernel_distance", ""][2] + 0.05
    assert far["coverage", ""][0] < near["coverage", ""][0]


def test_identical_sets_are_at_distance_zero() -> None:
    from evaluation.metrics import frechet_distance

    for n, d in ((80, 8), (20, 50)):
        x = make_sample(0, n, d=d).features
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
        assert precision_recall_density_coverage(x, x).coverage == 1


def test_dead_features_change_nothing() -> None:
    from evaluation.metrics import frechet_distance

    x, y = make_sample(0).features, make_sample(1, shift=1).features
    wider = [np.hstack([part, np.zeros((80, 3))]) for part in (x, y)]
    assert frechet_distance(*wider) == pytest.approx(frechet_distance(x, y), rel=1e-9)


def test_total_collapse_is_flagged_and_does_not_read_as_a_miss() -> None:
    constant = np.ones((60, 8))
    assert precision_recall_density_coverage(constant, constant.copy()).recall == 1
    assert duplicate_share(constant) == pytest.approx(59 / 60) and vendi_score(constant) == 1
    sample, reference = make_sample(0, 60), make_sample(1, 60)
    collapsed = Sample(np.repeat(sample.features[:15], 4, axis=0), sample.groups)
    flags = [r.extra["collapse"] for r in measure(collapsed, reference, names=["precision", "recall"])]
    assert flags == [True, True]


def test_too_few_images_or_missing_parts_are_refused_with_the_reason() -> None:
    few = measure(make_sample(0, 12), make_sample(1, 100))
    assert all(r.value is None for r in few if r.metric != "ms_ssim_within_prompt")
    assert "at least 20 images on both sides; there are 12 and 100" in few[0].refused
    plain = Sample(make_sample(0).features, make_sample(0).groups)
    refused = {r.metric: r.refused for r in measure(plain, make_sample(1)) if r.refused}
    assert set(refused) == {"ms_ssim_within_prompt", "auroc", "balanced_accuracy", "sensitivity", "specificity"}
    one_prompt = Sample(make_sample(0).features, ("one",) * 80)
    assert "independent groups" in measure(one_prompt, make_sample(1), names=["frechet_distance"])[0].refused
    rare = make_sample(0)
    rare = Sample(rare.features, rare.groups, (("Nodule",),) * 4 + rare.findings[4:], CLASSES, rare.probabilities)
    nodule = [r for r in measure(rare, make_sample(1), names=["auroc"]) if r.finding == "Nodule"]
    assert "at least 10 images with and 10 without the finding; there are 4 and 76" in nodule[0].refused


def test_bad_input_is_named() -> None:
    with pytest.raises(MetricError, match="NaN or infinity"):
        Sample(np.array([[1.0], [np.nan]]), ("a", "b"))
    with pytest.raises(MetricError, match="differ in length"):
        Sample(np.zeros((3, 2)), ("a", "b"))
    with pytest.raises(MetricError, match="Unknown metrics: fid"):
        measure(make_sample(0), make_sample(1), names=["fid"])
    different = measure(make_sample(0, d=8), make_sample(1, d=9), names=["precision"])
    assert different[0].value is None and "different length" in different[0].refused


def test_the_frechet_distance_says_which_distance_it_estimates() -> None:
    corrected, small = (
        measure(make_sample(0, 80, d=d), make_sample(1, 80, d=d), names=["frechet_distance"])[0] for d in (8, 30)
    )
    assert corrected.method == CORRECTED and corrected.value == pytest.approx(
        corrected.extra["plug_in"] - corrected.extra["bias"]
    )
    assert small.method == AT_THIS_N and small.value == small.extra["plug_in"]
    assert small.baseline and small.baseline.extra["synthetic_plug_in_at_this_n"] > 0


def test_nearest_neighbours_are_the_nearest() -> None:
    x, y = make_sample(0).features, make_sample(1).features
    index, distances = nearest_to(x, y, 3)
    full = np.linalg.norm(x[:, None] - y, axis=2)
    assert (index == np.argsort(full, axis=1)[:, :3]).all()
    assert distances == pytest.approx(np.sort(full, axis=1)[:, :3])


def test_every_metric_is_documented() -> None:
    text = (ROOT / "docs/metrics.md").read_text()
    assert [name for name in METRICS if f"`{name}`" not in text] == []


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """A small simulation; benchmarks/coverage.py is the large one. 40 repeats: 95 % means 34 or more nearly always."""
    from benchmarks.coverage import Scenario, coverage

    scenario = Scenario("prompts of 4", 120, 120, 8, 4, 0.3, 0.3)
    names = tuple(name for name in METRICS if name != "ms_ssim_within_prompt")
    for name, (share, mean, target) in coverage(scenario, names, repeats=40, seed=7).items():
        assert share >= 0.85, (name, share, mean, target)
