"""The jackknife, blocks of whole groups, and replicates that equal recomputation."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from evaluation.metrics import (
    Sample,
    Settings,
    TooFewImages,
    frechet_distance,
    neighbours,
    precision_recall_density_coverage,
)
from evaluation.metrics import prdc as prdc_file
from evaluation.metrics.frechet import features_to_gaussian, leave_out_distances
from evaluation.metrics.half_samples import balanced_halves, paley_contrasts, variance_from_halves
from evaluation.metrics.kid import estimate_kernel_distance
from evaluation.metrics.leave_out import nuclear_norms_without
from evaluation.metrics.resampling import (
    assign_blocks,
    clustered_mean,
    clustered_proportion,
    halves,
    jackknife,
    wilson_interval,
)

from .test_peers import WIDE_X, WIDE_Y, X, Y

PROMPTS = tuple(f"prompt {i // 4}" for i in range(400))


def test_blocks_keep_groups_whole_and_do_not_depend_on_row_order() -> None:
    blocks = assign_blocks(PROMPTS, 20, seed=1)
    assert all(len(set(blocks[i : i + 4])) == 1 for i in range(0, 400, 4))
    assert np.ptp(np.bincount(blocks)) == 0 and len(np.bincount(blocks)) == 20
    order = np.random.default_rng(0).permutation(400)
    assert (assign_blocks([PROMPTS[i] for i in order], 20, seed=1) == blocks[order]).all()
    with pytest.raises(TooFewImages, match="at least 5 independent groups"):
        assign_blocks(["a", "b", "c", "d", "d"], 20, seed=1)


def test_jackknife_of_a_mean_is_its_standard_error_and_of_a_variance_unbiased() -> None:
    x = np.random.default_rng(0).normal(size=60)
    sizes = np.ones(60)
    mean = jackknife(x.mean(), [np.delete(x, i).mean() for i in range(60)], sizes)
    assert mean.variance == pytest.approx(x.var(ddof=1) / 60) and mean.bias == pytest.approx(0, abs=1e-12)
    variance = jackknife(x.var(), [np.delete(x, i).var() for i in range(60)], sizes)
    assert x.var() - variance.bias == pytest.approx(x.var(ddof=1))


def test_jackknife_of_a_mean_with_uneven_blocks_has_no_bias() -> None:
    x, blocks = np.random.default_rng(1).normal(size=30), np.repeat([0, 1, 2, 3, 4], [2, 4, 6, 8, 10])
    left_out = [x[blocks != b].mean() for b in range(5)]
    assert jackknife(x.mean(), left_out, np.bincount(blocks)).bias == pytest.approx(0, abs=1e-12)


def test_wilson_interval_equals_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    for hits, n in ((0, 12), (7, 31), (12, 12)):
        assert wilson_interval(hits / n, n, 0.95) == pytest.approx(
            proportion_confint(hits, n, method="wilson"), abs=1e-9
        )


def test_clusters_widen_the_interval_of_a_proportion() -> None:
    hits = np.repeat([0, 1, 1, 0, 1, 1, 1, 0], 10)
    _, low, high = clustered_proportion(hits, [str(i) for i in range(80)], 0.95)
    p, wide_low, wide_high = clustered_proportion(hits, [str(i // 10) for i in range(80)], 0.95)
    assert wide_low < low < p < high < wide_high


@pytest.mark.parametrize(("x", "y"), [(X, Y), (WIDE_X, WIDE_Y), (X[:40], Y), (X, Y[:40])])
def test_a_frechet_replicate_equals_recomputation(x: np.ndarray, y: np.ndarray) -> None:
    blocks = assign_blocks(PROMPTS[: len(x)], 10, seed=0)
    fast = leave_out_distances(x, features_to_gaussian(x), features_to_gaussian(y), blocks)
    assert fast == pytest.approx([frechet_distance(x[blocks != b], y) for b in range(len(fast))], rel=1e-9)


def test_the_variance_of_prdc_equals_recomputation_in_halves() -> None:
    x, y = X[:200].astype(np.float64), Y[:200].astype(np.float64)
    groups = [PROMPTS[:200], tuple(str(i // 2) for i in range(200))]
    three, five = prdc_file.measured(x, y, groups, (3, 5), 20, 1)
    assert three.values == pytest.approx(dataclasses.astuple(precision_recall_density_coverage(x, y, 3)))
    both = balanced_halves(groups, 20, 1)
    first, second = (
        np.array(
            [
                dataclasses.astuple(precision_recall_density_coverage(x[a == side], y[b == side]))
                for a, b in zip(*both, strict=True)
            ]
        )
        for side in (True, False)
    )
    differences = first - second
    differences[:, 1] = 2 * np.sqrt(five.values[1]) * (np.sqrt(first[:, 1]) - np.sqrt(second[:, 1]))
    expected = prdc_file.ROOM * variance_from_halves(differences, both)
    assert len(differences) == five.df[3] == 19
    # Precision and density; the real images alone, with the balls as they are, say more of recall and coverage here.
    assert five.variances[[0, 2]] == pytest.approx(expected[[0, 2]])
    least = clustered_mean(prdc_file.count_balls(x, y, (5,))[0][0].members > 0, groups[1])[1] ** 2
    assert five.variances[1] == pytest.approx(least) and least > expected[1]


def test_a_half_whose_balls_hold_everything_does_not_decide_the_error_of_a_small_recall() -> None:
    """Of 40 prompts of three pictures each, five ask for an odd kind: half of the prompts may leave too few of it."""
    rng = np.random.default_rng(3)
    prompts = np.arange(120) // 3
    kinds = np.where(prompts[:, None] % 8, 9.0, -9.0) * np.ones(8)
    x = kinds + rng.normal(size=(40, 8))[prompts] + 0.1 * rng.normal(size=(120, 8))
    y = np.vstack([rng.normal(size=(114, 8)), 9 + rng.normal(size=(6, 8))])
    (found,) = prdc_file.measured(x, y, [prompts, np.arange(120)], (5,), 20, 1)
    both = balanced_halves([prompts, np.arange(120)], 20, 1)
    recalls = np.array(
        [
            [precision_recall_density_coverage(x[a == side], y[b == side]).recall for side in (True, False)]
            for a, b in zip(*both, strict=True)
        ]
    )
    plain = variance_from_halves((recalls[:, 0] - recalls[:, 1])[:, None], both)[0]
    assert found.values[1] < 0.1 and recalls.max() > 0.9
    assert found.variances[1] < plain / 2


def test_hits_of_few_groups_have_few_degrees_of_freedom() -> None:
    """Real images far from the synthetic ones, of which the odd ones of one patient have balls that reach them."""
    rng = np.random.default_rng(4)
    x, y = 9 + rng.normal(size=(80, 4)), rng.normal(size=(80, 4))
    y[:2] = 60 + rng.normal(size=(2, 4))
    patients = np.arange(80) // 2
    (far,) = prdc_file.measured(x, y, [np.arange(80), patients], (5,), 20, 1)
    assert far.values[0] == 1 and far.df.tolist() == [2, 1, 2, 19]
    (near,) = prdc_file.measured(y[2:], x[2:] - 9, [patients[2:], np.arange(78)], (5,), 20, 1)
    assert near.df.tolist() == [19, 19, 19, 19]
    assert prdc_file.carriers([3, 3, 6, 0], list("abcd")) == pytest.approx(144 / 54)
    assert prdc_file.carriers([3, 3, 6, 0], list("aabb")) == 2 and prdc_file.carriers([0, 0], list("ab")) == 0


def test_an_empty_ball_says_no_less_than_the_larger_one_around_it() -> None:
    """Eight real images on their own, beyond the synthetic ones: with 5 neighbours their balls are small, with 10 they hold all."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(60, 4)) - 50, rng.normal(size=(60, 4))
    y[:8] -= 500
    pair = (Sample(x, tuple(map(str, range(60)))), Sample(y, tuple(map(str, range(60)))))
    found, wide = (prdc_file.estimate_prdc(*pair, Settings(neighbours=k)) for k in (5, 10))
    assert wide["precision"].value == 1
    for name in ("precision", "precision_k3"):
        assert found[name].value == found[name].low == 0 and found[name].high == wide["precision"].high
        assert found[name].method.endswith("upper end with k = 10")
    assert found["recall"].value == 0 and found["recall"].high < 0.2


def test_sets_without_any_overlap_have_intervals_with_width() -> None:
    x, y = Sample(X[:60] + 100.0, PROMPTS[:60]), Sample(Y[:60], tuple(map(str, range(60))))
    for name, estimate in prdc_file.estimate_prdc(x, y, Settings()).items():
        assert estimate.value == estimate.low == 0 and 0.02 < estimate.high < 0.3, name


@pytest.mark.parametrize(("count", "splits"), [(5, 3), (8, 7), (15, 11), (50, 19)])
def test_halves_balance_and_keep_groups_whole(count: int, splits: int) -> None:
    codes = np.repeat(np.arange(count), 3)
    (half,) = balanced_halves([codes], 20, 0)
    assert half.shape == (splits, 3 * count)
    assert (half[:, ::3] == half[:, 1::3]).all()
    contrasts = 2 * paley_contrasts(splits).astype(int) - 1
    assert (contrasts @ contrasts.T == (splits + 1) * np.eye(splits)).all() and not contrasts.sum(axis=1).any()


def test_the_variance_of_a_mean_from_halves_is_the_jackknife_s() -> None:
    rows = np.random.default_rng(0).normal(size=(80, 2))
    (half,) = balanced_halves([np.arange(80) // 4], 20, 0)
    differences = np.array([rows[h].mean(axis=0) - rows[~h].mean(axis=0) for h in half])
    blocks = rows.reshape(20, 4, 2).mean(axis=1)
    assert variance_from_halves(differences, [half]) == pytest.approx(blocks.var(axis=0, ddof=1) / 20)


def test_radii_survive_halves_that_lack_all_near_neighbours() -> None:
    """Images that all have their near neighbours in the other half: in their own the neighbours are far away."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 8))
    x[:60] = x[0] + 1e-3 * rng.normal(size=(60, 8))
    half = np.isin(np.arange(120), [*range(3), *range(60, 90)])[None]
    points = neighbours.Points.around(x, x.mean(axis=0))
    radii = neighbours.neighbour_radii(points, (5,), half)[0].halved
    for row in (0, 30, 70, 100):
        others = np.flatnonzero((half[0] == half[0, row]) & (np.arange(120) != row))
        expected = np.sort(((x[others] - x[row]) ** 2).sum(axis=1))[4]
        assert radii[0, row] == pytest.approx(expected)


def test_the_kernel_distance_does_not_count_pairs_of_one_prompt() -> None:
    """Four copies of each image say no more than one: the value stays, the naive one rises."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 16)), rng.normal(size=(80, 16))
    groups, patients = tuple(map(str, range(60))), tuple(map(str, range(80)))
    once = estimate_kernel_distance(Sample(x, groups), Sample(y, patients), Settings())
    copied = Sample(np.repeat(x, 4, axis=0), tuple(np.repeat(groups, 4)))
    four = estimate_kernel_distance(copied, Sample(y, patients), Settings())
    assert four.value == pytest.approx(once.value, abs=1e-6)
    assert (four.low, four.high) == pytest.approx((once.low, once.high), rel=1e-3)
    assert four.extra["all_pairs"] > once.extra["all_pairs"] + 0.01


def test_halves_are_disjoint_whole_and_equal() -> None:
    sample = Sample(np.arange(400.0)[:, None], PROMPTS)
    pair = halves(sample, 300, seed=0)
    assert pair is not None and pair[0].n == pair[1].n == 200
    assert not set(pair[0].groups) & set(pair[1].groups)
    assert halves(Sample(np.zeros((9, 1)), tuple("abcdefghi")), 9, seed=0) is None


def test_t_quantiles_meet_the_normal_ones() -> None:
    assert wilson_interval(0.3, 50, 0.95, df=1e9) == pytest.approx(wilson_interval(0.3, 50, 0.95), abs=1e-6)
    assert stats.t.ppf(0.975, 1e9) == pytest.approx(1.959964, abs=1e-5)


@pytest.mark.parametrize(("n", "repeated"), [(300, 0), (300, 1), (120, 40), (60, 0)])
def test_nuclear_norms_without_blocks_equal_singular_values(n: int, repeated: int) -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(n, 400)) * np.arange(1, 401) ** -1.0
    rows[n - repeated :] = rows[:repeated]
    rows -= rows.mean(axis=0)
    blocks = np.arange(n) % 20
    found = nuclear_norms_without(rows @ rows.T, blocks)
    assert (found is None) == (repeated > 0.01 * n)
    for block, norm in enumerate(found or []):
        kept = rows[blocks != block]
        expected = np.linalg.svd(kept - kept.mean(axis=0), compute_uv=False).sum()
        assert norm == pytest.approx(expected, rel=1e-9 if not repeated else 1e-6)
