"""Power: RJafroc 2.1.3 on Van Dyke's components, sizes of statistics literature, simulation against closed form."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.comparison import compare_arms_of
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.single_arm import single_arm
from reader_study.analysis.plain import plain
from reader_study.analysis.power.components import (
    ArmComponents,
    PairComponents,
    assumed_arm,
    assumed_pair,
    hanley_mcneil,
    pilot_arm,
    pilot_pair,
)
from reader_study.analysis.power.curves import Goal, Plan, cases_needed, power_curves
from reader_study.analysis.power.power import (
    arm_error,
    binomial_equivalence_power,
    difference_power,
    equivalence_power,
    pair_power,
)
from reader_study.analysis.power.simulate import RoeMetz, calls_model, simulate_power
from tests.reader_study.analysis.mixed import van_dyke
from tests.reader_study.analysis.tables import from_matrix, turing_test

# Van Dyke, jackknife, as RJafroc 2.1.3 prints them.
VAN_DYKE = PairComponents(
    0.000200402523581458, 0.000802288265572067, 0.000346613709440732, 0.000344074828860889, 0.000239028370892154, 114
)
# R's noncentral F itself is good to about 1e-9 absolute.
R_TAIL = 2e-9
# J, K, power, noncentrality, df2, critical F for a difference of 0.05.
RJAFROC = [
    (5, 100, 0.573335977768289, 5.21318434947442, 15.9639276177157, 4.49564951494452),
    (6, 100, 0.629057825130777, 5.68769405239682, 24.1404836224004, 4.2570548444923),
    (6, 251, 0.89228198939156, 11.6114529279006, 16.1270372072798, 4.48824956277694),
    (10, 500, 0.997336898312486, 24.0453212001209, 30.9466382761286, 4.16019657190648),
]


@pytest.mark.parametrize(("readers", "cases", "power", "ncp", "df", "critical"), RJAFROC)
def test_two_arms_as_rjafroc(readers: int, cases: int, power: float, ncp: float, df: float, critical: float) -> None:
    found = pair_power(VAN_DYKE, difference=0.05, readers=readers, cases=cases)
    assert found.power == pytest.approx(power, rel=R_TAIL)
    assert (found.noncentrality, found.df, found.critical) == pytest.approx((ncp, df, critical), rel=1e-9)


def test_the_tail_of_the_noncentral_f_to_thirty_digits() -> None:
    """mpmath 1.3 with 30 digits: 0.629057824455845407679; R's pf() and scipy's ncf are right to 1e-9."""
    found = pair_power(VAN_DYKE, difference=0.05, readers=6, cases=100)
    assert found.power == pytest.approx(0.629057824455845407679, rel=1e-12)


@pytest.mark.real_data
def test_every_size_of_rjafroc(shared_data: Path) -> None:
    path = shared_data / "reference-statistics" / "rjafroc_vandyke_expected.json"
    golden = json.loads(path.read_text())["results"]["sample_size"]
    for name, (entry,) in golden.items():
        size = re.search(r"J(\d+)_K(\d+)", name)
        if size is None:
            continue
        inference = next(part for part in ("RRRC", "FRRC", "RRFC") if part in name)
        found = pair_power(VAN_DYKE, difference=0.05, readers=int(size[1]), cases=int(size[2]), inference=inference)
        assert found.power == pytest.approx(entry[f"power{inference}"], rel=R_TAIL), name
        assert found.noncentrality == pytest.approx(entry[f"ncp{inference}"], rel=1e-9), name
        if entry[f"df2{inference}"] is not None:
            assert found.df == pytest.approx(entry[f"df2{inference}"], rel=1e-9), name


@pytest.mark.real_data
def test_components_of_a_pilot_of_two_arms_as_rjafroc(shared_data: Path) -> None:
    table = van_dyke(shared_data / "reference-statistics")
    compared = compare_arms_of(table, "rating", "AUC", covariance="jackknife").overall
    found = pilot_pair(compared, 114)
    for name in ("interaction", "var", "cov1", "cov2", "cov3"):
        assert getattr(found, name) == pytest.approx(getattr(VAN_DYKE, name), rel=1e-9), name


def test_cases_for_eighty_percent_as_rjafroc() -> None:
    plan = Plan(Goal.COMPARISON, VAN_DYKE, 0.05)
    assert cases_needed(plan, 6) == 170
    assert plan.power(6, 170).power == pytest.approx(0.80161863984628, rel=R_TAIL)


@pytest.mark.parametrize(
    ("margin", "correlation", "expected"),
    [(0.05, 0.0, [286, 172, 86, 43]), (0.05, 0.2, [400, 309, 240, 206]), (0.1, 0.2, [100, 78, 60, 52])],
)
def test_cases_for_equivalence_at_chance(margin: float, correlation: float, expected: list[int]) -> None:
    arm = assumed_arm(0.5, case_correlation=correlation, reader_sd=0.0)
    plan = Plan(Goal.EQUIVALENCE, arm, 0.5, margin=margin, normal=True)
    assert [cases_needed(plan, readers) for readers in (3, 5, 10, 20)] == expected


def test_the_pilot_gives_back_its_own_standard_error() -> None:
    table = turing_test()
    arm = pilot_arm(table)
    result = single_arm(auc_panel(table, "call", "balanced accuracy"))
    error = arm_error(arm, 6, 100)
    assert arm.reader > 0
    assert error.standard_error == pytest.approx(result.standard_error, rel=1e-9)
    assert error.df == pytest.approx(result.df, rel=1e-9)
    assert arm.value == pytest.approx(result.estimate)


def test_pilots_that_say_nothing_are_refused() -> None:
    truth = np.array([0, 0, 1, 1])
    with pytest.raises(NotEstimable):
        pilot_arm(from_matrix(np.array([[1.0, 2, 5, 6]]), truth))
    with pytest.raises(NotEstimable):
        pilot_arm(from_matrix(np.array([[1.0, 2], [3, 4]]), np.array([0, 0])))


def test_a_pilot_with_negative_variances_counts_them_as_zero() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 20)
    found = [pilot_arm(from_matrix(rng.integers(1, 7, (2, 40)).astype(float), truth)) for _ in range(8)]
    assert all(arm.reader >= 0 and arm.cov2 >= 0 for arm in found)
    assert any("set to 0" in text for arm in found for text in arm.warnings)


@pytest.mark.parametrize(("value", "margin"), [(0.62, None), (0.5, 0.1), (0.54, 0.1)])
def test_simulation_agrees_with_the_closed_form(value: float, margin: float | None) -> None:
    arm = assumed_arm(value, case_correlation=0.2, reader_sd=0.03)
    model = calls_model(value, case_correlation=0.2, reader_sd=0.03)
    found = simulate_power(model, readers=6, cases=100, margin=margin, replicates=500, seed=4)
    if margin is None:
        expected = difference_power(arm, value=value, readers=6, cases=100).power
    else:
        expected = equivalence_power(arm, value=value, margin=margin, readers=6, cases=100).power
    assert found.power == pytest.approx(expected, abs=0.08)
    assert found.mean == pytest.approx(value, abs=0.01)
    assert found.interval.low <= found.power <= found.interval.high


def test_two_arms_and_areas_can_be_simulated() -> None:
    model = RoeMetz((0.5, 1.0), reader=0.02, case=0.3, reader_case=0.2, arm_reader=0.02, arm_case=0.1, error=0.4)
    found = simulate_power(model, readers=4, cases=80, endpoint="AUC", replicates=60)
    assert found.mean < 0
    assert found.power > 0.5
    null = replace(model, means=(0.7, 0.7))
    assert simulate_power(null, readers=4, cases=80, endpoint="AUC", replicates=60).power < 0.25


def test_simulated_calls_correlate_as_asked() -> None:
    model = calls_model(0.6, case_correlation=0.3, reader_sd=0.0)
    real, _ = model.draw(np.random.default_rng(3), 2, (40_000, 2))
    first, second = (real[0] > 0).astype(float)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.3, abs=0.02)
    assert first.mean() == pytest.approx(0.4, abs=0.01)


def test_exact_binomial_equivalence_is_never_negative() -> None:
    assert binomial_equivalence_power(100, low=0.45, high=0.55) == 0.0
    found = binomial_equivalence_power(1200, low=0.45, high=0.55)
    assert found == pytest.approx(0.93, abs=0.03)


def test_hopeless_sizes_have_no_power_and_no_answer() -> None:
    arm = ArmComponents(0.01, 0.25, 0.05, 1.0)
    plan = Plan(Goal.EQUIVALENCE, arm, 0.5, margin=0.05)
    assert plan.power(3, 10).power == 0.0
    assert cases_needed(plan, 3) is None
    curves = power_curves(plan, readers=(2, 3), cases=(20, 40))
    assert curves.curves[0].needed is None
    assert curves.curves[0].highest < 0.8
    plain(curves)


def test_components_without_any_variance_are_answered_or_refused() -> None:
    flat = ArmComponents(0.0, 0.25, 0.25, 1.0)
    assert arm_error(flat, 4, 100).df == float("inf")
    assert 0 < difference_power(flat, value=0.6, readers=4, cases=100).power < 1
    with pytest.raises(AnalysisError):
        pair_power(PairComponents(0, 0.1, 0.1, 0.1, 0.1, 1), difference=0.1, readers=3, cases=50)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: assumed_arm(1.2, case_correlation=0.2, reader_sd=0),
        lambda: assumed_arm(0.5, case_correlation=-0.1, reader_sd=0),
        lambda: assumed_arm(0.5, case_correlation=0.1, reader_sd=0, endpoint="F1"),
        lambda: assumed_pair(0.7, correlations=(0.3, 0.3, 0.5), reader_sd=0.05),
        lambda: difference_power(assumed_arm(0.5, case_correlation=0.1, reader_sd=0), value=0.6, readers=1, cases=9),
        lambda: equivalence_power(assumed_arm(0.5, case_correlation=0, reader_sd=0), margin=0.6, readers=3, cases=9),
        lambda: pair_power(VAN_DYKE, difference=0.05, readers=3, cases=50, inference="ABC"),
        lambda: calls_model(0.5, case_correlation=1.0, reader_sd=0.0),
    ],
)
def test_impossible_values_are_refused(bad: object) -> None:
    with pytest.raises(AnalysisError):
        bad()  # type: ignore[operator]


def test_hanley_and_mcneil() -> None:
    assert hanley_mcneil(0.5, 50, 50) == pytest.approx(0.00336667, rel=1e-4)


@given(
    st.floats(0.3, 0.7),
    st.floats(0, 0.6),
    st.floats(0, 0.1),
    st.integers(2, 30),
    st.integers(10, 2000),
    st.sampled_from([0.01, 0.05]),
)
@settings(max_examples=80, deadline=None)
def test_power_is_a_probability_that_grows_with_cases(
    value: float, correlation: float, sd: float, readers: int, cases: int, alpha: float
) -> None:
    arm = assumed_arm(value, case_correlation=correlation, reader_sd=sd)
    for plan in (
        Plan(Goal.DIFFERENCE, arm, value, alpha=alpha),
        Plan(Goal.EQUIVALENCE, arm, value, margin=0.25, alpha=alpha),
    ):
        there, more = plan.power(readers, cases).power, plan.power(readers, 4 * cases).power
        assert 0 <= there <= 1
        # Hillis's df fall as cases grow, which costs power while the error hardly shrinks: most with two readers.
        assert readers < 5 or more >= there - 0.02
    flipped = assumed_arm(1 - value, case_correlation=correlation, reader_sd=sd)
    mirrored = Plan(Goal.DIFFERENCE, flipped, 1 - value, alpha=alpha).power(readers, cases).power
    assert mirrored == pytest.approx(
        Plan(Goal.DIFFERENCE, arm, value, alpha=alpha).power(readers, cases).power, abs=1e-9
    )
