"""Intervals over a few groups, of which some lie far from the others."""

import numpy as np
import pytest
from scipy import stats

from evaluation.metrics import TooFewImages
from evaluation.metrics.resampling import clustered_mean, t_interval
from evaluation.metrics.skewed import ratio_of_sums, skewed_interval


def mean(values: np.ndarray, groups: np.ndarray) -> tuple[float, float, float, float]:
    return ratio_of_sums(values[:, None], np.ones((len(values), 1)), groups, 0.95)


def test_without_skewness_and_tails_it_is_the_t_interval() -> None:
    values = np.linspace(-1, 1, 20) + 3
    _, se, df = clustered_mean(values, np.arange(20))
    assert mean(values, np.arange(20)) == pytest.approx((3, *t_interval(3, se, df, 0.95), se))


def test_the_long_tail_gets_the_long_arm() -> None:
    values = np.exp(np.linspace(-2, 2, 12))
    value, low, high, se = mean(values, np.arange(12))
    assert high - value > 1.5 * (value - low) and low > 0
    assert mean(-values, np.arange(12)) == pytest.approx((-value, -high, -low, se))
    assert mean(2 * values, np.arange(12)) == pytest.approx((2 * value, 2 * low, 2 * high, 2 * se))


def test_groups_are_the_units_and_their_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    above, below, groups = rng.normal(size=(60, 3)), 1 + rng.random((60, 3)), np.arange(60) // 4
    found = ratio_of_sums(above, below, groups, 0.95)
    assert found[0] == pytest.approx((above.sum(axis=0) / below.sum(axis=0)).mean())
    order = rng.permutation(60)
    assert ratio_of_sums(above[order], below[order], groups[order], 0.95) == pytest.approx(found)
    twice = ratio_of_sums(np.tile(above, (2, 1)), np.tile(below, (2, 1)), np.tile(groups, 2), 0.95)
    assert twice == pytest.approx(found)
    with pytest.raises(TooFewImages, match="at least 5 independent groups"):
        ratio_of_sums(above, below, groups % 4, 0.95)


def test_equal_groups_have_no_width() -> None:
    assert skewed_interval(0.7, np.zeros(8), 0.95) == (0.7, 0.7, 0.0)


@pytest.mark.parametrize("groups", [12, 40])
def test_a_mean_with_a_long_tail_is_held_where_the_t_interval_fails(groups: int) -> None:
    rng, truth, held, by_t = np.random.default_rng(groups), float(np.exp(0.5)), 0, 0
    for _ in range(1000):
        values = rng.lognormal(size=groups)
        _, low, high, _ = mean(values, np.arange(groups))
        half = stats.t.ppf(0.975, groups - 1) * values.std(ddof=1) / np.sqrt(groups)
        held += low <= truth <= high
        by_t += abs(values.mean() - truth) <= half
    assert 915 <= held <= 975 and by_t < 910
