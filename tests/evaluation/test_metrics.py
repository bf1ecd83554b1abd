"""What every metric must do, whatever it measures."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.metrics import METRICS, MetricError, MetricResult, Sample, Settings, measure, nearest_to
from evaluation.metrics.frechet import AT_THIS_N, CORRECTED
from evaluation.metrics.prdc import duplicate_share, precision_recall_density_coverage
from evaluation.metrics.vendi import vendi_score

from .complete_samples import make_sample, reconstructions, sides

ROOT = Path(__file__).resolve().parents[2]
# Needs an optional package (pyradiomics).
OPTIONAL = {"frechet_radiomics_distance"}
OF_PAIRS = tuple(name for name, metric in METRICS.items() if "pairs" in metric.needs)
OF_SETS = tuple(name for name in METRICS if name not in {*OF_PAIRS, *OPTIONAL})
OF_FEATURES = tuple(name for name in OF_SETS if METRICS[name].needs == {"features"})
# The same whichever set comes first (the series by resolution use one half of the reference).
SYMMETRIC = (
    "frechet_distance",
    "kernel_distance",
    "cmmd",
    "spectrum_distance",
    "intensity_distance",
)

Key = tuple[str, str, str, str]


def values(results: Iterable[MetricResult]) -> dict[Key, tuple[float | None, ...]]:
    return {(r.metric, r.space, r.subgroup, r.finding): (r.value, r.low, r.high) for r in results}


def same(before: Iterable[MetricResult], after: Iterable[MetricResult], tolerance: float = 1e-6) -> None:
    left, right = values(before), values(after)
    assert left.keys() == right.keys()
    for key, numbers in left.items():
        expected = numbers if numbers[0] is None else pytest.approx(numbers, rel=tolerance, abs=tolerance)
        assert right[key] == expected, key


@pytest.fixture(scope="module")
def results() -> tuple[MetricResult, ...]:
    """Every metric on sets of which everything is known."""
    synthetic, reference, training = sides()
    pairs = measure(reconstructions(reference), reference, names=OF_PAIRS)
    return (*measure(synthetic, reference, names=OF_SETS, training=training), *pairs)


def test_every_metric_gives_a_value_inside_its_interval(results: tuple[MetricResult, ...]) -> None:
    assert {r.metric for r in results} == set(METRICS) - OPTIONAL
    assert len(values(results)) == len(results)
    for r in results:
        assert r.direction == METRICS[r.metric].direction and not r.refused, r
        assert r.low <= r.value <= r.high and r.n > 0 and r.method, r
        if r.baseline:
            assert r.baseline.low <= r.baseline.value <= r.baseline.high and r.baseline_label, r


def test_the_extractors_spaces_are_rows_of_their_own(results: tuple[MetricResult, ...]) -> None:
    by_space = {name: {r.metric for r in results if r.space == name} for name in ("", "second")}
    reading = {name for name, metric in METRICS.items() if "text" in metric.needs}
    each = {name for name in OF_SETS if METRICS[name].each_space}
    assert by_space[""] == set(METRICS) - OPTIONAL
    assert each - reading - {n for n in each if "training" in METRICS[n].needs} <= by_space["second"] <= each - reading


def test_findings_are_matched_across_spellings(results: tuple[MetricResult, ...]) -> None:
    assert {r.finding for r in results if r.metric == "auroc"} == {"", "Effusion", "Cardiomegaly"}
    assert {r.finding for r in results} >= {"Effusion", "Cardiomegaly", "No Finding"}
    areas = {r.finding: r.value for r in results if r.metric == "auroc"}
    assert areas[""] == pytest.approx((areas["Effusion"] + areas["Cardiomegaly"]) / 2)
    assert 0.6 < areas["Effusion"] < 1


def test_row_order_does_not_matter(results: tuple[MetricResult, ...]) -> None:
    shuffled = [s.take(np.random.default_rng(5 + i).permutation(s.n)) for i, s in enumerate(sides())]
    after = measure(shuffled[0], shuffled[1], names=OF_SETS, training=shuffled[2])
    same((r for r in results if r.metric in OF_SETS), after)


def test_single_precision_of_the_same_numbers_changes_nothing(results: tuple[MetricResult, ...]) -> None:
    single = [replace(s, features=s.features.astype(np.float32), spaces={}) for s in sides()]
    names = [
        name for name in OF_SETS if "pixels" not in METRICS[name].needs and "probabilities" not in METRICS[name].needs
    ]
    after = measure(single[0], single[1], names=names, training=single[2])
    same((r for r in results if r.metric in names and not r.space), after, 1e-4)


@pytest.mark.parametrize("name", [m for m in OF_SETS if "pixels" not in METRICS[m].needs])
def test_a_metric_alone_is_the_metric_among_others(name: str, results: tuple[MetricResult, ...]) -> None:
    synthetic, reference, training = (replace(s, spaces={}) for s in sides())
    alone = measure(synthetic, reference, names=[name], training=training)
    same((r for r in results if r.metric == name and not r.space), alone)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_a_distance_does_not_depend_on_which_set_comes_first(name: str) -> None:
    left, right = make_sample(0, 80, 0.4), make_sample(1, 80)
    forth, back = (
        next(r.value for r in measure(*pair, names=[name]) if not (r.finding or r.space))
        for pair in ((left, right), (right, left))
    )
    assert forth == pytest.approx(back, rel=1e-5)


def test_a_set_against_itself_is_as_good_as_it_gets() -> None:
    """Distances are not above zero's interval, shares are 1, and what should match the real images does."""
    reference = replace(make_sample(1, 120), spaces={})
    names = [n for n in OF_SETS if METRICS[n].axis in ("fidelity", "diversity", "parts") and n != "c2st_auroc"]
    for r in measure(reference, reference, names=names):
        if METRICS[r.metric].direction == "lower":
            assert r.low <= 1e-9, r
        elif r.metric in ("precision", "recall", "coverage", "precision_k3", "recall_k3"):
            assert r.value == 1, r
        elif r.metric.startswith(("vendi", "ms_ssim_by", "ms_ssim_across", "feature_distance_across")):
            assert r.value == pytest.approx(r.baseline.value, rel=1e-9), r


def test_total_collapse_gives_finite_numbers_or_reasons() -> None:
    synthetic, reference, training = (replace(s, spaces={}) for s in sides(n=120))
    one = np.zeros(synthetic.n, dtype=np.intp)
    collapsed = replace(
        synthetic,
        features=synthetic.features[one],
        probabilities=synthetic.probabilities[one],
        load_pixels=lambda index: synthetic.load_pixels(0),
    )
    for r in measure(collapsed, reference, names=OF_SETS, training=training):
        assert r.refused or (np.isfinite([r.value, r.low, r.high]).all() and r.low <= r.value <= r.high), r


@pytest.mark.parametrize("part", ["probabilities", "text_features", "load_pixels"])
def test_what_is_not_a_number_never_becomes_a_score(part: str) -> None:
    synthetic, reference, training = (replace(s, spaces={}) for s in sides(n=80))
    holes = {
        "probabilities": np.where(np.arange(80)[:, None] == 7, np.nan, synthetic.probabilities),
        "text_features": np.where(np.arange(80)[:, None] == 7, np.nan, synthetic.text_features),
        "load_pixels": lambda index: synthetic.load_pixels(index) * (np.nan if index == 7 else 1),
    }
    need = {"text_features": "text", "load_pixels": "pixels"}.get(part, part)
    names = [name for name in OF_SETS if need in METRICS[name].needs]
    damaged = replace(synthetic, **{part: holes[part]})
    for r in measure(damaged, reference, names=names, training=training):
        assert r.refused or np.isfinite([r.value, r.low, r.high]).all(), r


def test_the_same_seed_gives_the_same_numbers() -> None:
    pair = make_sample(0, 120, 0.4), make_sample(1, 80)
    names = ["frechet_distance", "precision", "vendi_score"]
    first, second = (measure(*pair, names=names, settings=Settings(seed=3)) for _ in range(2))
    assert values(first) == values(second)


def test_swapping_the_sets_swaps_precision_and_recall() -> None:
    x, y = make_sample(0).features, make_sample(1, shift=0.8).features
    forth, back = precision_recall_density_coverage(x, y), precision_recall_density_coverage(y, x)
    assert (forth.precision, forth.recall) == (back.recall, back.precision)


def test_a_shift_raises_the_distances_and_clears_zero() -> None:
    reference = make_sample(1, 120)
    near, far = (
        {
            r.metric: (r.value, r.low, r.high)
            for r in measure(make_sample(0, 120, shift=s), reference, names=OF_FEATURES)
            if not (r.finding or r.space)
        }
        for s in (0.0, 1.5)
    )
    for name in ("frechet_distance", "kernel_distance"):
        assert far[name][1] > near[name][2] and far[name][1] > 0
    assert near["kernel_distance"][1] < 0 < near["kernel_distance"][2] + 0.05
    assert far["coverage"][0] < near["coverage"][0]


def test_identical_sets_are_at_distance_zero() -> None:
    from evaluation.metrics import frechet_distance

    for n, d in ((80, 8), (20, 50)):
        x = make_sample(0, n, d=d).features
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
        assert precision_recall_density_coverage(x, x).coverage == 1


def test_dead_features_change_nothing() -> None:
    from evaluation.metrics import frechet_distance

    x, y = make_sample(0).features, make_sample(1, shift=1).features
    wider = [np.hstack([part, np.zeros((160, 3))]) for part in (x, y)]
    assert frechet_distance(*wider) == pytest.approx(frechet_distance(x, y), rel=1e-9)


def test_total_collapse_is_flagged_and_does_not_read_as_a_miss() -> None:
    constant = np.ones((60, 8))
    assert precision_recall_density_coverage(constant, constant.copy()).recall == 1
    assert duplicate_share(constant) == pytest.approx(59 / 60) and vendi_score(constant) == 1
    sample, reference = make_sample(0, 60), make_sample(1, 60)
    collapsed = Sample(np.repeat(sample.features[:15], 4, axis=0), sample.groups)
    flags = [r.extra["collapse"] for r in measure(collapsed, reference, names=["precision", "recall"])]
    assert flags == [True, True]


def test_too_few_images_are_refused_with_the_reason() -> None:
    synthetic, reference, training = sides()
    few = measure(synthetic.take(np.arange(8)), reference, training=training)
    assert all(r.value is None and r.refused for r in few)
    assert {r.metric for r in few} == set(METRICS)
    assert "at least 20 images on both sides; there are 8 and 160" in few[0].refused
    one_prompt = replace(synthetic, groups=("one",) * 160)
    grouped = measure(one_prompt, reference, names=["frechet_distance", "seed_sensitivity", "image_text_score"])
    assert all("groups" in r.refused or "prompts" in r.refused for r in grouped), grouped


def test_missing_parts_are_refused_with_the_reason() -> None:
    plain = Sample(make_sample(0).features, make_sample(0).groups)
    refused = {r.metric: r.refused for r in measure(plain, make_sample(1)) if r.refused}
    assert set(refused) == {name for name in METRICS if METRICS[name].needs != {"features"}}
    assert all(refused.values())


def test_a_finding_with_few_images_is_refused_alone() -> None:
    rare = replace(make_sample(0), findings=(("Nodule",),) * 4 + make_sample(0).findings[4:])
    nodule = [r for r in measure(rare, make_sample(1), names=["auroc"]) if r.finding == "Nodule"]
    assert "at least 10 images with and 10 without the finding; there are 4 and 156" in nodule[0].refused


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
    names = ("frechet_distance", "kernel_distance", "recall", "coverage", "vendi_score", "seed_sensitivity", "auroc")
    names = (*names, "feature_distance_within_prompt", "feature_distance_across_prompts")
    for name, one in coverage(scenario, names, repeats=40).items():
        assert one.share >= 0.85, (name, one)
