"""Learning and fatigue: lme4 1.1-31 and base R 4.2.2 on made-up data, and data without an order."""

from dataclasses import replace

import numpy as np
import pytest

from reader_study.analysis import RatingTable
from reader_study.analysis.models.linear import linear_model
from reader_study.analysis.models.mixed import INTERCEPT, Rows
from reader_study.analysis.models.order import order_section
from reader_study.analysis.models.trend import cochran_armitage
from reader_study.analysis.plain import plain
from reader_study.analysis.times import seconds_by_answer, seconds_by_source
from tests.reader_study.analysis.mixed import deviations, errors, values
from tests.reader_study.analysis.tables import turing_test


def test_learning_as_glmer() -> None:
    found = order_section(turing_test())
    assert values(found.learning) == pytest.approx([0.752754291887681, 0.19248553554245], rel=3e-3)
    assert errors(found.learning) == pytest.approx([0.164599123245014, 0.0985726437322979], rel=1.5e-2)
    assert found.odds_ratio.value == pytest.approx(np.exp(0.19248553554245), rel=2e-3)
    assert found.learning.log_likelihood == pytest.approx(-373.10235665801, abs=3e-3)


def test_log_time_as_lmer() -> None:
    model = order_section(turing_test()).time
    expected = [2.09837700375376, -0.131614514660511, -0.0105464563265691]
    assert values(model) == pytest.approx(expected, rel=1e-6)
    assert errors(model) == pytest.approx([0.0245075294168567, 0.014840644677663, 0.0316403615126548], rel=1e-5)
    found = deviations(model)
    assert found["reader", INTERCEPT] == 0
    assert found["case", INTERCEPT] == pytest.approx(0.0493181671447706, rel=1e-4)
    assert found["residual", ""] == pytest.approx(0.359913064851807, rel=1e-6)


def test_trend_as_prop_trend_test() -> None:
    found = cochran_armitage([11, 14, 19, 23], [30, 30, 30, 30])
    assert (found.statistic, found.p_value) == pytest.approx((11.3613066741763, 0.0007499004790929), rel=1e-9)
    assert found.direction == 1
    assert cochran_armitage([23, 19, 14, 11], [30, 30, 30, 30]).direction == -1


@pytest.mark.parametrize("counts", [([0, 0], [5, 5]), ([5, 5], [5, 5]), ([0, 0], [0, 0]), ([2, 0], [5, 0])])
def test_no_trend_without_both_answers_in_two_groups(counts: tuple[list[int], list[int]]) -> None:
    found = cochran_armitage(*counts)
    assert found.statistic is None
    assert found.reason


def test_points_of_the_plot() -> None:
    found = order_section(turing_test())
    assert [tenth.n for tenth in found.tenths] == [60] * 10
    table = turing_test().primary()
    share = float((table.call == table.truth).mean())
    assert np.mean([tenth.accuracy for tenth in found.tenths]) == pytest.approx(share)
    assert found.tenths[0].median_seconds > found.tenths[-1].median_seconds
    assert sum(found.trend.totals) == len(table)


def test_halves_are_compared_within_readers() -> None:
    table = turing_test()
    found = order_section(table)
    backwards = order_section(replace(table, position=1000 - table.position))
    assert found.halves.value == pytest.approx(-backwards.halves.value)
    assert found.halves.interval.low < found.halves.value < found.halves.interval.high
    assert found.halves.df > 0


def test_without_positions_nothing_is_claimed() -> None:
    table = turing_test()
    found = order_section(replace(table, position=np.zeros(len(table), np.int64)))
    assert found.learning is None
    assert found.tenths == ()
    assert "not known" in found.reason
    assert plain(found)["halves"] is None


def test_halves_of_one_class_are_not_compared() -> None:
    n = 8
    table = RatingTable.build(
        reader=["a"] * n,
        case=[str(index) for index in range(n)],
        truth=[0] * 4 + [1] * 4,
        call=[0, 1, 0, 1] * 2,
        position=list(range(1, n + 1)),
    )
    found = order_section(table)
    assert found.halves is None
    assert found.halves_reason
    assert found.time.reason


def test_linear_model_recovers_what_was_simulated() -> None:
    rng = np.random.default_rng(4)
    readers, cases = 8, 60
    who, what = (codes.reshape(-1) for codes in np.indices((readers, cases)))
    x = rng.normal(size=who.size)
    y = 2 + 0.5 * x + rng.normal(0, 0.5, readers)[who] + rng.normal(0, 0.3, cases)[what] + rng.normal(0, 0.4, who.size)
    model = linear_model(Rows(y, who.astype(np.str_), what.astype(np.str_), {"x": x}), name="time", formula="")
    assert values(model)[1] == pytest.approx(0.5, abs=3 * errors(model)[1])
    assert deviations(model)["residual", ""] == pytest.approx(0.4, abs=0.05)
    full = linear_model(
        Rows(y, who.astype(np.str_), what.astype(np.str_), {"x": x}), name="time", formula="", restricted=False
    )
    assert deviations(full)["reader", INTERCEPT] < deviations(model)["reader", INTERCEPT]


def test_a_constant_time_allows_no_model() -> None:
    who, what = np.array(["a", "a", "b", "b"] * 3), np.array([str(index // 2) for index in range(12)])
    model = linear_model(Rows(np.ones(12), who, what, {"x": np.arange(12.0)}), name="time", formula="")
    assert "does not vary" in model.reason


def test_times_of_right_and_of_wrong_calls() -> None:
    table = turing_test()
    found = seconds_by_answer(table)
    by_source = {times.source: times.n for times in seconds_by_source(table)}
    assert [(times.source, times.correct) for times in found[:2]] == [("real", True), ("real", False)]
    for source, n in by_source.items():
        assert sum(times.n for times in found if times.source == source) == n
    unanswered = replace(table, call=np.full(len(table), np.nan))
    assert seconds_by_answer(unanswered) == ()
