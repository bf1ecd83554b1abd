"""Data that a formula cannot digest: each has a defined answer."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest

from reader_study.analysis import AnalysisError, NotEstimable, RatingTable, analyse, plain
from reader_study.analysis.agreement.coefficients import fleiss_kappa, gwet_ac
from reader_study.analysis.agreement.repeats import cohen_kappa
from reader_study.analysis.mrmc.arms import compare_arms
from reader_study.analysis.mrmc.auc import auc
from reader_study.analysis.mrmc.covariance import auc_covariance
from reader_study.analysis.mrmc.endpoint import Endpoint, chance_endpoint
from reader_study.analysis.mrmc.grid import grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.single_arm import Panel, single_arm
from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.analysis.readers import ReaderRow, reader_rows
from tests.reader_study.analysis.tables import from_matrix

TRUTH = np.array([0] * 20 + [1] * 20)


@dataclass(frozen=True)
class Looked:
    """What the multi-reader part of an analysis says."""

    primary: Endpoint
    auc: Endpoint
    readers: tuple[ReaderRow, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.auc.random.warnings if self.auc.random else ()


def look(table: RatingTable) -> Looked:
    ends = {"null": 0.5, "margin": 0.1, "alpha": 0.05}
    call, rating = (chance_endpoint(table, *names, **ends) for names in (("call", "BA"), ("rating", "AUC")))
    return Looked(call, rating, reader_rows(table, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)))


def random_ratings(readers: int, truth: np.ndarray = TRUTH, *, signal: float = 0.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(readers, truth.size)) + signal * truth + rng.normal(size=truth.size)
    return np.clip(np.round(latent * 1.2 + 3.5), 1, 6)


def test_all_correct_is_distinguishable_with_an_exact_bound() -> None:
    found = look(from_matrix(np.tile(np.where(TRUTH == 1, 6.0, 1.0), (3, 1)), TRUTH))
    assert found.primary.random is not None and found.primary.random.interval is not None
    assert found.primary.verdict.outcome is Outcome.DISTINGUISHABLE
    assert found.primary.random.method == "exact_separation"
    # 20 of 20 right in each class, tail 0.05 / 4 each: 0.0125^(1/20).
    assert found.primary.random.interval.low == pytest.approx(0.0125 ** (1 / 20))
    assert found.primary.random.p_value == pytest.approx(4 * 0.5**20, rel=1e-6)
    assert all(row.detection is not None and math.isfinite(row.detection.d_prime) for row in found.readers)


def test_all_wrong_is_hyper_real() -> None:
    found = look(from_matrix(np.tile(np.where(TRUTH == 1, 1.0, 6.0), (3, 1)), TRUTH))
    assert found.primary.random is not None and found.primary.random.interval is not None
    assert found.primary.verdict.outcome is Outcome.HYPER_REAL
    assert found.primary.random.interval.low == 0.0
    assert found.primary.random.interval.high == pytest.approx(1 - 0.0125 ** (1 / 20))


def test_constant_ratings_are_inconclusive_and_never_equivalent() -> None:
    found = look(from_matrix(np.full((3, 40), 2.0), TRUTH))
    assert found.primary.random is not None
    assert found.primary.random.estimate == 0.5
    assert found.primary.random.method == "not_estimable"
    assert found.primary.random.interval is None and found.primary.random.p_value is None
    assert found.primary.equivalence is not None and not found.primary.equivalence.shown
    assert found.primary.verdict.outcome is Outcome.INCONCLUSIVE


def test_one_reader_speaks_for_herself_only() -> None:
    found = look(from_matrix(random_ratings(1, signal=1.5), TRUTH))
    assert found.auc.random is not None
    assert found.auc.random.method == "or_frrc"
    assert found.auc.random.df is None and found.auc.random.cov2 is None
    assert found.auc.random.standard_error == pytest.approx(found.readers[0].auc.standard_error)
    assert any("One reader" in text for text in found.warnings)


def test_one_class_has_no_verdict_but_a_reason() -> None:
    found = look(from_matrix(random_ratings(3, TRUTH[:20]), TRUTH[:20]))
    assert found.primary.random is None
    assert "Only real cases" in found.primary.reason
    assert found.primary.verdict.outcome is Outcome.INCONCLUSIVE
    assert found.readers[0].auc.value is None and found.readers[0].detection is None
    assert found.readers[0].sensitivity.value is None and found.readers[0].specificity.value is not None


def test_identical_readers_use_the_normal() -> None:
    ratings = np.tile(random_ratings(1, signal=1.0), (4, 1))
    found = look(from_matrix(ratings, TRUTH))
    assert found.auc.random is not None
    assert found.auc.random.mean_square_readers == pytest.approx(0.0, abs=1e-30)
    assert found.auc.random.df is None
    assert found.auc.random.standard_error == pytest.approx(found.readers[0].auc.standard_error)


def test_negative_covariance_between_readers_is_set_to_zero_and_said() -> None:
    panel = Panel("AUC", np.array([0.6, 0.7]), np.array([[0.01, -0.004], [-0.004, 0.01]]), "unbiased", 20, 20, 80)
    random, fixed = single_arm(panel), single_arm(panel, inference="FRRC")
    assert random.standard_error == pytest.approx(math.sqrt(0.005 / 2))
    assert random.df == pytest.approx(1.0)
    assert fixed.standard_error == pytest.approx(math.sqrt(0.01 / 2))
    assert any("negative" in text for text in random.warnings)


def test_negative_variance_is_not_estimable() -> None:
    panel = Panel("AUC", np.array([0.6]), np.array([[-0.001]]), "unbiased", 20, 20, 40)
    found = single_arm(panel)
    assert found.method == "not_estimable" and found.interval is None


def test_missing_reads_switch_to_the_u_statistic_and_say_so() -> None:
    ratings = random_ratings(4, signal=1.0)
    ratings[0, :5], ratings[2, 30:] = np.nan, np.nan
    found = look(from_matrix(ratings, TRUTH))
    assert found.auc.random is not None and found.auc.random.standard_error is not None
    assert found.auc.random.method == "ustat_rrrc" and found.auc.random.covariance == "unbiased"
    assert found.auc.design is not None and found.auc.design.n_missing == 15 and found.auc.random.n_reads == 145
    assert any("missing" in text for text in found.warnings)


def test_a_reader_of_one_class_is_left_out_by_name() -> None:
    ratings = random_ratings(3, signal=1.0)
    ratings[1, 20:] = np.nan
    found = look(from_matrix(ratings, TRUTH))
    assert found.auc.random is not None and found.auc.random.n_readers == 2
    assert any("R01" in text for text in found.warnings)
    assert len(found.readers) == 3


def test_one_case_of_a_class_has_an_area_without_interval() -> None:
    assert auc(np.array([3.0]), np.array([1.0, 2.0])).interval is None
    truth = np.array([0] * 10 + [1])
    found = look(from_matrix(random_ratings(3, truth), truth))
    assert found.primary.random is None and "two real and two synthetic" in found.primary.reason


def test_two_readers_and_four_cases_still_give_an_answer() -> None:
    truth = np.array([0, 0, 1, 1])
    found = look(from_matrix(np.array([[1.0, 4, 3, 6], [2, 3, 5, 1]]), truth))
    assert found.primary.random is not None and found.primary.random.interval is not None
    assert 0 <= found.primary.random.interval.low <= found.primary.random.interval.high <= 1


def test_results_are_json_without_nan() -> None:
    for ratings in (np.full((2, 40), 2.0), random_ratings(1)):
        json.dumps(plain(analyse(from_matrix(ratings, TRUTH))), allow_nan=False)


def test_contradictory_tables_are_refused() -> None:
    with pytest.raises(AnalysisError, match="real in one read"):
        RatingTable.build(reader=["a", "b"], case=["1", "1"], truth=[0, 1], rating=[1, 2])
    with pytest.raises(AnalysisError, match="two reads of one case"):
        RatingTable.build(reader=["a", "a"], case=["1", "1"], truth=[0, 0], rating=[1, 2])
    with pytest.raises(AnalysisError, match="truth must be"):
        RatingTable.build(reader=["a"], case=["1"], truth=[2], rating=[1])
    with pytest.raises(AnalysisError, match="call must be"):
        RatingTable.build(reader=["a"], case=["1"], truth=[1], call=[3])
    with pytest.raises(AnalysisError, match="one entry a read"):
        RatingTable.build(reader=["a", "b"], case=["1"], truth=[1, 0], rating=[1, 2])
    with pytest.raises(AnalysisError, match="no reads"):
        analyse(RatingTable.build(reader=[], case=[], truth=[]))


def test_unanswered_reads_are_not_estimable() -> None:
    table = RatingTable.build(reader=["a", "a"], case=["1", "2"], truth=[0, 1])
    with pytest.raises(NotEstimable, match="No read has a value"):
        grid(table)
    assert analyse(table).primary.verdict.outcome is Outcome.INCONCLUSIVE


def test_arms_without_any_variance_cannot_be_compared() -> None:
    table = from_matrix(np.tile(np.where(TRUTH == 1, 6.0, 1.0), (2, 1)), TRUTH)
    both = [*range(len(table))] * 2
    doubled = RatingTable.build(
        reader=table.reader[both].tolist(),
        case=table.case[both].tolist(),
        truth=table.truth[both].tolist(),
        rating=table.rating[both],
        arm=["one"] * len(table) + ["two"] * len(table),
    )
    cells = grid(doubled)
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, "delong")
    with pytest.raises(AnalysisError, match="no test is possible"):
        compare_arms(cells.arms, components.estimates.reshape(cells.shape), covariance)


def test_agreement_of_nothing() -> None:
    assert fleiss_kappa(np.full((2, 3), np.nan), (0, 1)).value is None
    assert gwet_ac(np.array([[1.0, np.nan], [np.nan, 0.0]]), (0, 1)).value is None
    assert cohen_kappa(np.array([1.0]), np.array([1.0]), (0, 1)).value is None
    assert cohen_kappa(np.ones(5), np.ones(5), (0, 1)).value is None
    assert cohen_kappa(np.ones(5), np.array([1.0, 0, 0, 1, 1]), (0, 1)).value == pytest.approx(0.0)
