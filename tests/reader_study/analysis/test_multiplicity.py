"""Adjusted p-values: numbers of R's p.adjust on Benjamini and Hochberg (1995), table 1."""

import pytest

from reader_study.analysis import AnalysisError
from reader_study.analysis.findings.multiplicity import adjust, adjusted
from reader_study.analysis.plan import ANALYSIS_PLAN, FAMILIES

P = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1]
HOLM = [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, *[1] * 6]
BH = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571428571429, 0.0638571428571429, 0.0645, 0.0765, 0.486,
      0.581181818181818, 0.714875, 0.753230769230769, 0.813214285714286, 1]  # fmt: skip


def test_holm_and_benjamini_hochberg() -> None:
    assert adjusted(P, "holm") == pytest.approx(HOLM, rel=1e-9)
    assert adjusted(P, "benjamini_hochberg") == pytest.approx(BH, rel=1e-9)
    assert adjusted(P, "none") == tuple(P)


def test_what_has_no_p_value_does_not_count() -> None:
    found = adjusted([0.01, None, 0.04], "holm")
    assert found[1] is None and (found[0], found[2]) == pytest.approx((0.02, 0.04))
    assert adjusted([None, None], "holm") == (None, None)
    assert adjusted([], "benjamini_hochberg") == ()


def test_families_are_part_of_the_plan() -> None:
    assert ANALYSIS_PLAN["families"] == FAMILIES
    assert {family["role"] for family in FAMILIES.values()} == {"confirmatory", "exploratory"}
    for family in FAMILIES.values():
        assert family["role"] == "confirmatory" or family["adjustment"] == "benjamini_hochberg"
    assert adjust([0.01, 0.02], family="findings") == pytest.approx((0.02, 0.02))
    assert adjust([0.01, 0.02], family="primary") == (0.01, 0.02)
    with pytest.raises(AnalysisError, match="findings_seen"):
        adjust([0.1], family="colours")
    with pytest.raises(AnalysisError, match="holm"):
        adjusted([0.1], "sidak")
