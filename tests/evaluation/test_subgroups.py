"""Any metric by sex, age, view and finding, and the largest gap."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.metrics.result import Comparison, MetricError, MetricResult, Sample
from evaluation.metrics.subgroups import age_band, cells, largest_gap, least_gap, measure_subgroups

from .clinical_samples import binormal


def people(seed: int, n: int = 400, *, men: float = 0.85, women: float = 0.85) -> Sample:
    """Half men and half women, for whom the classifier does unlike well; ages 20 to 89; Gaussian features."""
    rng = np.random.default_rng([seed, 5])
    sexes = tuple("MF"[i % 2] for i in range(n))
    both = [binormal(seed, n, area=area, share=0.5) for area in (men, women)]
    is_man = np.array(sexes) == "M"
    probabilities = np.where(is_man[:, None], both[0].probabilities, both[1].probabilities)
    ages = tuple(int(age) for age in rng.integers(20, 90, n))
    return replace(
        both[0],
        probabilities=probabilities,
        sexes=sexes,
        ages=ages,
        views=("PA",) * n,
        features=rng.normal(size=(n, 4)),
    )


def rows(results: tuple[MetricResult, ...], metric: str, finding: str = "") -> dict[str, MetricResult]:
    return {r.subgroup: r for r in results if r.metric == metric and r.finding == finding}


def test_ages_fall_into_bands() -> None:
    assert [age_band(age)[1] for age in (0, 39, 40, 59, 60, 79, 80, 101)] == [
        "<40",
        "<40",
        "40-59",
        "40-59",
        "60-79",
        "60-79",
        "80+",
        "80+",
    ]
    assert age_band(17, (18,)) == (0, "<18") and age_band(18, (18,)) == (1, "18+")
    labels = [cell.label for cell in cells(Comparison(people(0), people(1)), "age")]
    assert labels == ["age=<40", "age=40-59", "age=60-79", "age=80+"]


def test_a_gap_is_found_named_and_bounded() -> None:
    comparison = Comparison(people(0, 1200, women=0.65), people(1, 1200))
    found = rows(measure_subgroups(comparison, ["auroc"], ["sex"]), "auroc", "Effusion")
    assert set(found) == {"sex=F", "sex=M", "sex: largest gap"}
    gap = found["sex: largest gap"]
    assert gap.value == pytest.approx(found["sex=M"].value - found["sex=F"].value)
    assert 0 < gap.low < 0.2 < gap.high and gap.extra["differs"]
    assert (gap.extra["higher"], gap.extra["lower"]) == ("sex=M", "sex=F") and gap.direction == "lower"
    assert gap.baseline.low == 0  # the classifier itself has no such gap on real images
    assert "simultaneous over 2 subgroups" in found["sex=F"].method
    alone = comparison.synthetic.take(np.flatnonzero(np.array(comparison.synthetic.sexes) == "F"))
    plain = [
        r
        for r in measure_subgroups(Comparison(alone, comparison.reference), ["auroc"], ["sex"])
        if r.subgroup == "sex=F"
    ]
    assert (
        "simultaneous" not in plain[-1].method
        and found["sex=F"].high - found["sex=F"].low > plain[-1].high - plain[-1].low
    )


def test_with_two_subgroups_the_gap_has_the_plain_interval_of_a_difference() -> None:
    """The subgroups' own intervals are at 97.5 %; the one difference between them is at 95 %."""
    from scipy import stats

    se = 0.02
    half = stats.norm.isf(0.0125) * se
    values = {
        f"sex={name}": MetricResult("auroc", "higher", 100, "", v, v - half, v + half)
        for name, v in (("F", 0.7), ("M", 0.8))
    }
    gap = largest_gap(values, "sex", 2, 0.95)
    assert gap.high - gap.value == pytest.approx(1.959964 * se * np.sqrt(2), rel=1e-6)


def test_the_largest_of_equal_gaps_is_not_called_a_gap() -> None:
    """Four subgroups with the same truth: the interval of the largest gap holds 0 in 95 % of repeats or more."""
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        half = 2.4977 * 0.02  # normal quantile at 1 - 0.05 / 4 / 2
        values = {}
        for name in "abcd":
            v = 0.8 + 0.02 * rng.normal()
            values[name] = MetricResult("auroc", "higher", 100, "", v, v - half, v + half)
        held += not largest_gap(values, "age", 4, 0.95).extra["differs"]
    assert held >= 278


def test_distances_are_compared_at_equal_n_and_small_subgroups_are_refused() -> None:
    own, real = people(0, 400), people(1, 400)
    some = np.flatnonzero((np.array(own.sexes) == "F") | (np.arange(400) < 140))
    results = measure_subgroups(
        Comparison(own.take(some), real), ["kernel_distance", "auroc", "sensitivity"], ["sex", "age"]
    )
    distance, auroc = rows(results, "kernel_distance"), rows(results, "auroc", "Effusion")
    assert distance["sex=F"].n == distance["sex=M"].n == 70 and "70 images of each side" in distance["sex=F"].method
    assert auroc["sex=F"].n == 200 and auroc["sex=M"].n == 70
    small = rows(results, "kernel_distance")["age=80+"]
    assert small.value is None and "Insufficient" in small.refused and "at least 50 of each" in small.refused
    assert distance["sex: largest gap"].baseline is None  # noise floors have no gap worth a yardstick


def test_one_subgroup_has_no_gap_and_unknown_attributes_are_named() -> None:
    comparison = Comparison(people(0), people(1))
    results = measure_subgroups(comparison, ["auroc"], ["view"])
    assert {r.subgroup for r in results} == {"view=PA"}
    nothing = Comparison(binormal(0), binormal(1))
    (refused,) = measure_subgroups(nothing, ["auroc"], ["sex"])
    assert "Neither set says the sex" in refused.refused
    with pytest.raises(MetricError, match="Unknown attributes: race"):
        measure_subgroups(comparison, ["auroc"], ["race"])
    with pytest.raises(MetricError, match="Unknown metrics: fid"):
        measure_subgroups(comparison, ["fid"], ["sex"])


def test_findings_as_subgroups_take_the_classes_spelling() -> None:
    results = measure_subgroups(Comparison(people(0), people(1)), ["kernel_distance", "auroc"], ["finding"])
    distance = rows(results, "kernel_distance")
    assert {"finding=Effusion", "finding=No Finding", "finding: largest gap"} == set(distance)
    assert all(r.value is None and r.refused for r in rows(results, "auroc").values())


@pytest.mark.parametrize("true", [0.0, 0.5, 1.0, 1.9, 2.1, 3.0, 5.0])
def test_every_size_of_gap_is_held_nearly_as_often_as_the_interval_says(true: float) -> None:
    """20,000 normal differences: an interval that only the two-sided error bounds would hold 97.5 % of small gaps."""
    observed = np.abs(np.random.default_rng(7).normal(true, 1.0, size=20_000))
    quantile = 1.959964
    edges = np.linspace(0, 12, 2401)
    low = np.interp(observed, edges, [least_gap(gap, quantile, quantile) for gap in edges])
    held = np.mean((low <= true) & (true <= observed + quantile))
    assert 0.944 < held < 0.967  # the most where the observed gap may just be 0
    assert np.all(low <= observed)
