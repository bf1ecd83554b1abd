"""Two checkpoints on the same prompts: nothing found where there is nothing, a shift found where there is one."""

import dataclasses

import numpy as np
import pytest

from evaluation.metrics import MetricError, Sample, Settings, frechet_distance, kernel_distance
from evaluation.metrics.compare import compare_paired, holm, images_to_settle
from evaluation.metrics.paired import Difference, align, flip_p, frechet_difference
from evaluation.metrics.paired_kernel import kernel_difference

CLASSES = ("Effusion", "Mass")


def checkpoint(seed: int, prompts: int = 60, size: int = 2, shift: float = 0.0, skill: float = 1.0) -> Sample:
    """Images of the same prompts: the prompt's own effect is shared by all checkpoints."""
    code = np.repeat(np.arange(prompts), size)
    rng = np.random.default_rng(seed)
    shared = np.random.default_rng(99).normal(size=(prompts, 6))[code]
    positive = code % 2
    scores = 1 / (1 + np.exp(-(skill * (positive[:, None] - 0.5) + rng.normal(size=(len(code), 2)))))
    return Sample(
        0.7 * shared + 0.7 * rng.normal(size=(len(code), 6)) + shift,
        tuple(f"prompt {c:03d}" for c in code),
        tuple(CLASSES if p else ("No Finding",) for p in positive),
        CLASSES,
        scores,
        (0.5, 0.5),
    )


REFERENCE = checkpoint(1, 100, 2)


def test_a_set_against_itself_is_no_difference_at_all() -> None:
    a = checkpoint(0, shift=0.3)
    for row in compare_paired(a, a, REFERENCE, ["frechet_distance", "kernel_distance", "auroc", "coverage"]):
        assert (row.value, row.low, row.high, row.p, row.p_adjusted) == (0, 0, 0, 1, 1), row
        assert row.verdict == "cannot tell" and row.images_to_settle is None


def test_row_order_does_not_matter_and_a_and_b_are_symmetrical() -> None:
    a, b = checkpoint(0, shift=0.3), checkpoint(2)
    forth = compare_paired(a, b, REFERENCE)
    shuffled = b.take(np.random.default_rng(0).permutation(b.n))
    back = compare_paired(shuffled, a, REFERENCE)
    for one, other in zip(forth, back, strict=True):
        assert other.value == pytest.approx(-one.value, rel=1e-5) and other.low == pytest.approx(-one.high, rel=1e-4)
        assert other.p == pytest.approx(one.p, abs=0.01)
        assert {one.verdict, other.verdict} in ({"better", "worse"}, {"cannot tell"})


def test_a_shift_is_found_and_named() -> None:
    near, far = checkpoint(0), checkpoint(2, shift=0.8, skill=1.0)
    distance, kernel, auroc = compare_paired(near, far, REFERENCE, primary=["frechet_distance", "kernel_distance"])
    for row in (distance, kernel):
        assert row.verdict == "better" and row.high < 0 and row.p_adjusted < 0.01 and row.primary
        assert row.value == pytest.approx(row.a - row.b) and row.images_to_settle < row.n
    assert not auroc.primary and auroc.p_adjusted is None
    worse = compare_paired(far, near, REFERENCE, ["frechet_distance"])[0]
    assert worse.verdict == "worse"


def test_two_models_that_surely_differ_are_not_ranked_where_other_patients_might_turn_them_round() -> None:
    """Every picture is moved by the same step; whether that is towards the real ones hangs on who happens to be in the reference."""
    near = checkpoint(0)
    moved = dataclasses.replace(near, features=near.features + 0.05)
    reference = checkpoint(1, 30, 2)
    reference = dataclasses.replace(reference, features=reference.features - reference.features.mean(axis=0))
    centred = [dataclasses.replace(s, features=s.features - near.features.mean(axis=0) + 0.02) for s in (near, moved)]
    row = compare_paired(centred[0], centred[1], reference, ["frechet_distance"])[0]
    assert row.p_adjusted < 0.01 and row.low < 0 < row.high
    assert row.verdict == "cannot tell"


def test_a_better_reading_of_prompts_is_found_by_finding() -> None:
    sharp, dull = checkpoint(0, 120, skill=3.0), checkpoint(2, 120, skill=0.3)
    rows = compare_paired(sharp, dull, REFERENCE, ["auroc", "auroc:Mass", "sensitivity"])
    assert [row.verdict for row in rows[:2]] == ["better", "better"] and rows[1].finding == "Mass"
    unknown = compare_paired(sharp, dull, REFERENCE, ["auroc:Hernia"])[0]
    assert unknown.value is None and "at least 10 images" in unknown.refused and unknown.verdict == "cannot tell"


def test_the_values_are_those_of_the_score_card() -> None:
    a, b = checkpoint(0, 80, 1, 0.4), checkpoint(2, 80, 1)
    reference = dataclasses.replace(REFERENCE, groups=tuple(f"p{i}" for i in range(REFERENCE.n)))
    pair = align(a, b, reference, Settings())
    kernel = kernel_difference(pair)
    assert kernel.a == pytest.approx(kernel_distance(a.features, reference.features), abs=1e-6)
    assert kernel.b == pytest.approx(kernel_distance(b.features, reference.features), abs=1e-6)
    wide = [dataclasses.replace(s, features=np.tile(s.features, 20) + 1e-3) for s in (a, b, reference)]
    rng = np.random.default_rng(0)
    wide = [dataclasses.replace(s, features=s.features + 0.1 * rng.normal(size=s.features.shape)) for s in wide]
    plug_in = frechet_difference(align(*wide, Settings()))
    assert plug_in.a == pytest.approx(frechet_distance(wide[0].features, wide[2].features))
    assert "plug-in" in plug_in.method


def test_the_influence_of_a_row_is_the_derivative_of_the_distance() -> None:
    from evaluation.metrics.gaussian import features_to_gaussian
    from evaluation.metrics.paired import _frechet_influence

    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(400, 5)) * 1.3 + 0.4, rng.normal(size=(300, 5))
    influence = _frechet_influence(x, features_to_gaussian(y))
    influence -= influence.mean()
    left_out = np.array([frechet_distance(np.delete(x, i, axis=0), y) for i in range(40)])
    moved = (frechet_distance(x, y) - left_out) * (len(x) - 1)
    assert np.corrcoef(moved, influence[:40])[0, 1] > 0.999
    assert moved == pytest.approx(influence[:40], abs=0.15 * influence.std())


def test_exchanging_prompts_gives_p_values_that_mean_what_they_say() -> None:
    rng = np.random.default_rng(0)
    p = [flip_p(rng.normal(size=30), 1.0, seed) for seed in range(200)]
    assert 0.02 <= np.mean(np.array(p) < 0.1) <= 0.18
    assert flip_p(np.ones(30), 1.0, 0) == 1e-4 and flip_p(np.full(9, 1e-9), 1.0, 0) == 1


def test_holm_is_statsmodels_holm() -> None:
    from statsmodels.stats.multitest import multipletests

    p = [0.01, 0.04, 0.03, 0.005, 0.9, 0.03]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_how_many_images_would_tell() -> None:
    """A difference of 2.8 standard errors is what 80 % power at 5 % needs: the images at hand are then just enough."""
    found = Difference(1.28, 1.0, 0.2802, 0.1, 50, 0.08, 0.01, "")
    grown, alone = images_to_settle(found, 1000, 0.95)
    assert grown == pytest.approx(1000, rel=0.01) and alone == pytest.approx(1000, rel=0.02)
    half = dataclasses.replace(found, value=0.1401)
    assert images_to_settle(half, 1000, 0.95)[0] == pytest.approx(4000, rel=0.01)
    assert images_to_settle(half, 1000, 0.95)[1] is None


def test_sets_of_other_prompts_are_refused() -> None:
    with pytest.raises(MetricError, match="not of the same prompts and seeds: 2 prompts differ"):
        compare_paired(checkpoint(0, 60), checkpoint(2, 62), REFERENCE)
    with pytest.raises(MetricError, match="1 prompts differ"):
        compare_paired(checkpoint(0, 60), checkpoint(2, 60).take(np.arange(119)), REFERENCE)
    with pytest.raises(MetricError, match="Unknown metrics: fid"):
        compare_paired(checkpoint(0), checkpoint(2), REFERENCE, ["fid"])
    with pytest.raises(MetricError, match="Declared primary but not compared: auroc"):
        compare_paired(checkpoint(0), checkpoint(2), REFERENCE, ["kernel_distance"], primary=["auroc"])
    lone = dataclasses.replace(checkpoint(0, 20), groups=("one",) * 40)
    with pytest.raises(MetricError, match="at least 5 prompts"):
        compare_paired(lone, lone, REFERENCE)
