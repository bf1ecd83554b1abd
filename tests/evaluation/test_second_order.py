"""Where two sets hardly differ: the variance that is left there, and the intervals that are made of it."""

import numpy as np
import pytest

from evaluation.metrics import Sample
from evaluation.metrics.frechet import estimate_frechet_distance, higher_orders, moments_to_frechet_distance
from evaluation.metrics.frechet_curvature import frechet_products
from evaluation.metrics.frechet_infinity import intercept_weights, pair_weights
from evaluation.metrics.gaussian import covariance_root, features_to_gaussian
from evaluation.metrics.kid import CUBIC, estimate_kernel_distance
from evaluation.metrics.mmd import discrepancy
from evaluation.metrics.resampling import assign_blocks, error_at_this_n, squared_distance_interval
from evaluation.metrics.result import FloatArray, Settings
from evaluation.metrics.second_order import BlockProducts, products_of_means, second_order_variance

Change = tuple[FloatArray, FloatArray]


def test_the_curvature_is_the_second_derivative_of_the_distance() -> None:
    """Against central differences of the distance between moments, for blocks of one set, of the other, and of both."""
    rng, blocks = np.random.default_rng(0), np.arange(600) % 6
    x, y = (rng.normal(size=(600, 5)) @ rng.normal(size=(5, 5)) + shift for shift in (0.0, 0.3))
    own, other = features_to_gaussian(x), features_to_gaussian(y)
    found = frechet_products(x, own, blocks, y, other, blocks)
    covariances = [g.root.T @ g.root for g in (own, other)]

    def changes(rows: FloatArray, mean: FloatArray) -> list[Change]:
        parts = [rows[blocks == block] - mean for block in range(6)]
        moments = [part.T @ part / len(part) for part in parts]
        return [(p.mean(axis=0), m - np.mean(moments, axis=0)) for p, m in zip(parts, moments, strict=True)]

    def second(one: tuple[Change | None, Change | None], two: tuple[Change | None, Change | None]) -> float:
        def distance(s: float, t: float) -> float:
            means, tables = [own.mean.copy(), other.mean.copy()], [c.copy() for c in covariances]
            for step, change in ((s, one), (t, two)):
                for side, part in enumerate(change):
                    if part is not None:
                        means[side] += step * part[0]
                        tables[side] += step * part[1]
            return moments_to_frechet_distance(means[0], tables[0], means[1], tables[1])

        h = 1e-3
        return (distance(h, h) - distance(h, -h) - distance(-h, h) + distance(-h, -h)) / (4 * h * h)

    left, right = changes(x, own.mean), changes(y, other.mean)
    assert second((left[0], None), (left[1], None)) == pytest.approx(found.synthetic[0, 1], rel=1e-5)
    assert second((None, right[2]), (None, right[5])) == pytest.approx(found.reference[2, 5], rel=1e-5)
    assert second((left[3], None), (None, right[4])) == pytest.approx(-found.across[3, 4], rel=1e-5)


def test_dead_features_do_not_count_in_the_curvature() -> None:
    rng, blocks = np.random.default_rng(3), np.arange(200) % 5
    x, y = rng.normal(size=(2, 200, 4))
    plain = frechet_products(x, features_to_gaussian(x), blocks, y, features_to_gaussian(y), blocks)
    wide = [np.hstack([rows, np.full((200, 2), 7.0)]) for rows in (x, y)]
    gaussians = [features_to_gaussian(rows) for rows in wide]
    dead = frechet_products(wide[0], gaussians[0], blocks, wide[1], gaussians[1], blocks)
    assert second_order_variance(dead) == pytest.approx(second_order_variance(plain), rel=1e-6)
    assert covariance_root(np.diag([1.0, 0.0])).shape == (1, 2)


def test_the_variance_at_zero_is_that_of_distances_between_alike_sets() -> None:
    """1,500 draws of |mean - mean|^2 of two Gaussian samples: closed form, observed and estimated variance agree."""
    rng, spectrum = np.random.default_rng(5), np.array([1.0, 0.5, 0.25, 0.1])
    n, m, distances, estimates = 120, 200, [], []
    for _ in range(1500):
        x, y = (rng.normal(size=(k, 4)) * np.sqrt(spectrum) for k in (n, m))
        distances.append(float(np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)))
        estimates.append(second_order_variance(products_of_means(x, np.arange(n) % 20, y, np.arange(m) % 20)))
    exact = 2 * np.sum((spectrum * (1 / n + 1 / m)) ** 2)
    assert np.mean(estimates) == pytest.approx(exact, rel=0.05)
    assert np.var(distances) == pytest.approx(exact, rel=0.2)


def test_weights_of_pairs_follow_the_extrapolation() -> None:
    """Two blocks that share a part of the smaller sets count for more there than blocks that never meet."""
    w = intercept_weights(3)
    table = pair_weights(6, 6, 3).synthetic
    assert table[0, 1] == pytest.approx(w[0])
    assert table[0, 2] == pytest.approx(w[0] + 2 * w[1])
    assert table[0, 3] == pytest.approx(w[0] + 3 * w[2])


def test_kernel_distances_know_their_variance_at_zero() -> None:
    """Block means of the kernel from tiles equal those of the whole matrix, and the variance is near that over draws."""
    rng, settings = np.random.default_rng(6), Settings()
    x, y = (rng.normal(size=(k, 8)) for k in (150, 700))
    codes = [np.arange(len(rows)) // 2 for rows in (x, y)]
    found = discrepancy(CUBIC, x, y, *codes, settings)
    blocks = [assign_blocks(c, settings.blocks, settings.seed) for c in codes]
    share = [(b == np.arange(20)[:, None]) / np.bincount(b)[:, None] for b in blocks]

    def table(i: int, j: int) -> FloatArray:
        both = x, y
        return 2 * share[i] @ ((both[i] @ both[j].T / 8 + 1) ** 3) @ share[j].T

    expected = second_order_variance(BlockProducts(table(0, 0), table(1, 1), table(0, 1)))
    assert found.at_zero == pytest.approx(expected, rel=1e-3)
    draws = [rng.normal(size=(2, 60, 4)) for _ in range(300)]
    alike = [discrepancy(CUBIC, a, b, np.arange(60), np.arange(60), settings) for a, b in draws]
    assert 0.6 < np.mean([d.at_zero for d in alike]) / np.var([d.value for d in alike]) < 1.6


def test_the_interval_near_zero_has_the_variance_at_zero() -> None:
    """value -+ t * root of the variance at 0 where that stays below 0, and wider with the distance above it."""
    low, high = squared_distance_interval(-0.5, 1.0, 0.2, np.inf, 0.95, 0.04)
    assert (low, high) == pytest.approx((-0.5 - 1.959964 * 0.2, -0.5 + 1.959964 * 0.2))
    low, high = squared_distance_interval(0.3, 1.0, 0.4, np.inf, 0.95, 0.09)
    assert low == pytest.approx(0.3 - 1.959964 * 0.3)
    assert (high - 0.3) ** 2 == pytest.approx(1.959964**2 * (0.09 + 0.16 * (1 + 0.7 * 0.3) * high))
    # Without a variance of its own, half of what the bias's share of the jackknife's is.
    low, _ = squared_distance_interval(0.0, 1.0, 0.4, np.inf, 0.95)
    assert low == pytest.approx(-1.959964 * np.sqrt(0.08))


def test_an_uncorrected_distance_of_noise_alone_has_half_of_the_variance() -> None:
    assert error_at_this_n(2.0, 5.0, 5.0) == pytest.approx(2 * np.sqrt(0.5))
    assert error_at_this_n(2.0, 5.0, 0.0) == error_at_this_n(2.0, 0.0, 0.0) == 2.0


def test_with_two_images_a_feature_higher_orders_count_too() -> None:
    """40 pairs of one distribution, 60 features: the mean variance at 0 is that of the estimates."""
    rows = []
    for seed in range(40):
        rng = np.random.default_rng([9, seed])
        x, y = (Sample(rng.normal(size=(n, 60)), tuple(f"p{i:03d}" for i in range(n))) for n in (126, 260))
        one = estimate_frechet_distance(x, y, Settings(seed=seed))
        assert one.extra["bias_corrected"]
        rows.append((one.value, one.extra["se_at_zero"]))
    value, at_zero = np.array(rows).T
    assert higher_orders(60, 126, 260) == pytest.approx(1 + 1.3 * (60 / 126 + 60 / 260) ** 2)
    assert 0.6 < np.mean(at_zero**2) / np.var(value) < 1.7


def test_intervals_of_alike_sets_are_not_too_wide() -> None:
    """60 pairs of one distribution: the mean squared half-width is that of the estimates, not twice it."""
    for estimate, bound in ((estimate_frechet_distance, 1.6), (estimate_kernel_distance, 1.6)):
        rows = []
        for seed in range(60):
            rng = np.random.default_rng(seed)
            x, y = (Sample(rng.normal(size=(200, 8)), tuple(f"p{i // 2:03d}" for i in range(200))) for _ in "ab")
            one = estimate(x, y, Settings(seed=seed))
            rows.append((one.value, (one.value - one.low) / 2.03))
        value, step = np.array(rows).T
        assert 0.6 < np.median(step**2) / np.var(value) < bound
