"""Findings on real and synthetic images: shares over readers and cases, differences, non-inferiority."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reader_study.analysis import AnalysisError, RatingTable, plain
from reader_study.analysis.findings.rates import rates
from reader_study.analysis.findings.section import Finding, findings_section
from reader_study.analysis.types import Floats, Ints

TRUTH = np.array([0] * 30 + [1] * 30)


def table(columns: dict[str, Floats], truth: Ints = TRUTH, *, readers: list[str] | None = None) -> RatingTable:
    """Reads of (readers, cases) matrices, one a column; NaN = not answered."""
    shape = next(iter(columns.values())).shape
    reader, case = (index.ravel() for index in np.indices(shape))
    names = readers or [f"R{number}" for number in range(shape[0])]
    return RatingTable.build(
        reader=[names[index] for index in reader],
        case=[f"C{index:03d}" for index in case],
        truth=truth[case].tolist(),
        source=[("real", "genA", "genB")[truth[index] * (1 + index % 2)] for index in case],
        extra={name: matrix.ravel() for name, matrix in columns.items()},
    )


def answers(seed: int, share: tuple[float, float] = (0.8, 0.7), *, readers: int = 4, truth: Ints = TRUTH) -> Floats:
    """1 with probability share[truth], with readers and cases that differ."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(readers, truth.size)) + rng.normal(size=truth.size) + 0.4 * rng.normal(size=(readers, 1))
    return (latent < stats.norm.ppf(np.array(share))[truth] * math.sqrt(2.16)).astype(float)


def only(found: object) -> Finding:
    [finding] = found.findings  # type: ignore[attr-defined]
    assert isinstance(finding, Finding)
    return finding


def test_shares_differences_and_their_test() -> None:
    right = answers(1)
    found = only(findings_section(table({"correct:Effusion": right, "seen:Effusion": answers(2)}), margin=0.3))
    assert found.name == "Effusion" and found.reason == ""
    assert found.correct_real.value == pytest.approx(right[:, TRUTH == 0].mean())
    assert found.correct_synthetic.value == pytest.approx(right[:, TRUTH == 1].mean())
    difference, test = found.correct_difference, found.non_inferiority
    assert difference is not None and difference.interval is not None and difference.standard_error is not None
    assert difference.value == pytest.approx(found.correct_synthetic.value - found.correct_real.value)
    assert difference.method == "ustat_rrrc" and difference.n_readers == 4 and difference.n_cases == 60
    statistic = (difference.value + 0.3) / difference.standard_error
    assert test.p_value == pytest.approx(stats.t.sf(statistic, difference.df))
    assert test.shown == (test.p_adjusted < 0.05) and test.p_adjusted == test.p_value
    assert (test.bound > -0.3) == (test.p_value < 0.05)
    assert [row.source for row in found.sources] == ["real", "genA", "genB"]
    assert found.sources[0].seen.value == found.seen_real.value


def test_p_values_are_adjusted_within_their_families() -> None:
    names = ("Effusion", "Nodule", "Mass")
    columns = {f"{kind}:{name}": answers(seed) for seed, name in enumerate(names) for kind in ("correct", "seen")}
    found = findings_section(table(columns), margin=0.25)
    tests = {row.name: row.non_inferiority for row in found.findings}
    smallest = min(tests.values(), key=lambda test: test.p_value or 1)
    assert smallest.p_adjusted == pytest.approx(min(1.0, 3 * smallest.p_value))
    assert all(row.seen_p_adjusted >= row.seen_difference.p_value for row in found.findings if row.seen_difference)
    assert found.families["findings"]["adjustment"] == "holm"


def test_what_is_not_known_of_a_class_leaves_the_rates_seen() -> None:
    right = answers(1)
    right[:, TRUTH == 1] = np.nan
    found = only(findings_section(table({"correct:Nodule": right, "seen:Nodule": answers(2)}), margin=0.1))
    assert found.correct_difference is None and "known for one class only" in found.reason
    assert found.correct_synthetic.value is None and found.correct_real.value is not None
    assert found.seen_difference is not None and found.seen_difference.p_value is not None
    assert found.non_inferiority.p_value is None and not found.non_inferiority.shown


def test_only_seen_was_recorded() -> None:
    found = only(findings_section(table({"seen:Mass": answers(3)}), margin=0.1))
    assert found.correct_real.value is None and found.seen_real.value is not None


def test_everybody_right_about_everything_is_exact() -> None:
    found = only(findings_section(table({"correct:Edema": np.ones((3, 60))}), margin=0.1))
    assert found.correct_real.method == "exact_unanimous"
    assert found.correct_real.interval is not None
    assert found.correct_real.interval.low == pytest.approx(0.025 ** (1 / 30))
    assert found.correct_difference is not None and found.correct_difference.interval is None
    assert found.non_inferiority.p_value == pytest.approx(0.9**30)
    assert found.non_inferiority.shown


def test_everybody_wrong_about_synthetic_images_is_never_non_inferior() -> None:
    right = np.ones((3, 60)) * (TRUTH == 0)
    found = only(findings_section(table({"correct:Edema": right}), margin=0.1))
    assert found.correct_synthetic.interval is not None and found.correct_synthetic.interval.low == 0.0
    assert found.non_inferiority.p_value is None and not found.non_inferiority.shown


def test_one_reader_and_one_class() -> None:
    one = only(findings_section(table({"seen:Mass": answers(3, readers=1)}), margin=0.1))
    assert one.seen_difference is not None
    assert any("One reader" in text for text in one.seen_difference.warnings)
    real = only(findings_section(table({"seen:Mass": answers(3)[:, :20]}, TRUTH[:20]), margin=0.1))
    assert real.seen_synthetic.value is None and real.seen_difference is None and real.seen_real.value is not None


def test_a_class_of_one_case_has_a_rate_without_interval() -> None:
    truth = np.array([0] * 10 + [1])
    found = only(findings_section(table({"seen:Mass": answers(3, truth=truth)}, truth), margin=0.1))
    assert found.seen_synthetic.value is not None and found.seen_synthetic.interval is None
    assert found.seen_difference is None and "not known" in found.reason


def test_nothing_asked_and_nothing_answered() -> None:
    none = RatingTable.build(reader=["a"], case=["1"], truth=[0], rating=[1])
    assert findings_section(none, margin=0.1).reason == "No findings were asked about."
    silent = only(findings_section(table({"seen:Mass": np.full((2, 60), np.nan)}), margin=0.1))
    assert silent.seen_real.value is None and silent.seen_difference is None
    json.dumps(plain(findings_section(table({"seen:Mass": answers(3)}), margin=0.1)), allow_nan=False)


def test_several_arms_are_not_mixed() -> None:
    reads = RatingTable.build(
        reader=["a", "a"], case=["1", "1"], truth=[0, 0], arm=["x", "y"], extra={"seen:Mass": [1, 0]}
    )
    assert "several arms" in findings_section(reads, margin=0.1).reason


def test_a_margin_must_be_a_share() -> None:
    with pytest.raises(AnalysisError, match="margin"):
        findings_section(table({"correct:Mass": answers(3)}), margin=0.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_labels_readers_and_doubled_cases(seed: int) -> None:
    right = answers(seed)
    plain_rates = rates(table({"x": right}), "x", by="truth")
    flipped = rates(table({"x": right}, 1 - TRUTH), "x", by="truth")
    assert plain_rates["0"].value == pytest.approx(flipped["1"].value, abs=1e-12)
    assert plain_rates["0"].standard_error == pytest.approx(flipped["1"].standard_error, abs=1e-12)
    permuted = rates(table({"x": right[::-1]}), "x", by="truth")
    assert plain_rates["1"].standard_error == pytest.approx(permuted["1"].standard_error, rel=1e-9, abs=1e-12)
    doubled = rates(table({"x": np.tile(right, 2)}, np.tile(TRUTH, 2)), "x", by="truth")
    assert plain_rates["1"].value == pytest.approx(doubled["1"].value, abs=1e-12)
