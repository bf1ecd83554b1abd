"""Reference numbers on the two data sets that travel with the repository.

imrmc_example.csv: MRMCaov 0.3.0 = RJafroc 2.1.3. vtt_synthetic.csv: MRMCaov 0.3.0 (covariances and reader statistics of
the single arm, combined after Hillis 2007), pROC 1.18.0, irr 0.84.1, irrCAC 1.0, psych 2.2.9, R 4.2.2.
"""

import pytest

from reader_study.analysis import StudyAnalysis, analyse
from reader_study.analysis.mrmc.arms import compare_arms
from reader_study.analysis.mrmc.covariance import auc_covariance
from reader_study.analysis.mrmc.grid import grid
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.single_arm import single_arm
from tests.reader_study.analysis.tables import imrmc_example, turing_test


@pytest.fixture(scope="module")
def analysis() -> StudyAnalysis:
    return analyse(turing_test())


@pytest.mark.parametrize(
    "method, f, df, p",
    [
        ("jackknife", 3.24615693993385, 46.0254334436818, 0.0781434264250831),
        ("delong", 3.27539492164172, 45.2074040920525, 0.0769769144967125),
        ("unbiased", 3.28664816767422, 44.8983602958417, 0.0765343201687576),
    ],
)
def test_two_arms_of_continuous_ratings(method: str, f: float, df: float, p: float) -> None:
    cells = grid(imrmc_example())
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, method)
    found = compare_arms(cells.arms, components.estimates.reshape(cells.shape), covariance)
    assert found.means == pytest.approx((0.692875, 0.765625), rel=1e-12)
    assert (found.statistic, found.df2, found.p_value) == pytest.approx((f, df, p), rel=1e-9)


@pytest.mark.parametrize(
    "method, error, df, low, high, t, p",
    [
        ("delong", 0.0363676154519574, 30.463570225015, 0.634802563813112, 0.783252991742444, 5.74763495434308,
         2.6795241659388e-06),
        ("jackknife", 0.0365005573431043, 30.9114572030451, 0.634575756677938, 0.783479798877618, 5.72670098741019,
         2.70246742115804e-06),
        ("unbiased", 0.0363584888464359, 30.4330018917914, 0.634818114582656, 0.7832374409729, 5.7490777094898,
         2.67804316910387e-06),
    ],
)  # fmt: skip
def test_single_arm_auc(method: str, error: float, df: float, low: float, high: float, t: float, p: float) -> None:
    found = single_arm(auc_panel(turing_test(), "rating", "AUC", covariance=method))
    assert found.interval is not None
    assert found.estimate == pytest.approx(0.709027777777778, rel=1e-12)
    assert (found.standard_error, found.df, found.statistic, found.p_value) == pytest.approx(
        (error, df, t, p), rel=1e-9
    )
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-9)


def test_balanced_accuracy_is_the_area_of_the_call(analysis: StudyAnalysis) -> None:
    assert analysis.primary.random is not None
    assert analysis.primary.random.estimate == pytest.approx(0.647222222222222, rel=1e-12)
    sensitivity = [row.sensitivity.value or 0 for row in analysis.readers]
    specificity = [row.specificity.value or 0 for row in analysis.readers]
    assert analysis.primary.random.estimate == pytest.approx((sum(sensitivity) + sum(specificity)) / 12, rel=1e-12)


READERS = {
    "reader1": (64, (0.542354024516087, 0.727287795985957), (0.537878106672577, 0.733591577266765), 0.0066371205159261,
                0.704375, 0.00265413969318895, 0.670263937060665, -0.0880929777913553, 7.655),
    "reader4": (56, (0.46228104651677, 0.653279733698392), (0.457187497063318, 0.659163976276542), 0.271253024073835,
                0.622083333333333, 0.00308505269448066, 0.351713263577368, 0.134752793593572, 8.295),
    "reader6": (66, (0.562777288547246, 0.745384792026518), (0.558466732249041, 0.751776498455156), 0.00178993039148686,
                0.711041666666667, 0.00267693805380511, 0.722823592545302, -0.3002363852341, 8.125),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_per_reader_table(analysis: StudyAnalysis, reader: str) -> None:
    correct, wilson, exact, p, area, variance, d_prime, criterion, seconds = READERS[reader]
    row = next(row for row in analysis.readers if row.reader == reader)
    assert row.accuracy.interval and row.accuracy_exact.interval and row.auc.standard_error and row.detection
    assert (row.counts.correct, row.counts.n) == (correct, 100)
    assert (row.accuracy.interval.low, row.accuracy.interval.high) == pytest.approx(wilson, rel=1e-9)
    assert (row.accuracy_exact.interval.low, row.accuracy_exact.interval.high) == pytest.approx(exact, rel=1e-9)
    assert row.exact_p == pytest.approx(p, rel=1e-9)
    assert (row.auc.value, row.auc.standard_error**2) == pytest.approx((area, variance), rel=1e-9)
    assert (row.detection.d_prime, row.detection.criterion) == pytest.approx((d_prime, criterion), rel=1e-9)
    assert row.median_seconds == pytest.approx(seconds, rel=1e-9)


def test_agreement_between_readers(analysis: StudyAnalysis) -> None:
    found = analysis.agreement
    assert found.calls.fleiss.value == pytest.approx(0.225058682150518, rel=1e-9)
    assert found.calls.percent.value == pytest.approx(0.616666666666667, rel=1e-9)
    # irrCAC rounds its coefficients and errors to 5 decimals and its limits to 3.
    ac1, ac2 = found.calls.ac1, found.ratings.ac2_quadratic
    assert found.calls.fleiss.standard_error == pytest.approx(0.04153, abs=5e-6)
    assert (ac1.value, ac1.standard_error) == pytest.approx((0.24143, 0.04307), abs=5e-6)
    assert (ac2.value, ac2.standard_error) == pytest.approx((0.44605, 0.03503), abs=5e-6)
    assert ac1.interval is not None
    assert (ac1.interval.low, ac1.interval.high) == pytest.approx((0.156, 0.327), abs=5e-4)


def test_agreement_within_readers(analysis: StudyAnalysis) -> None:
    found = analysis.repeats
    assert found.n_pairs == 90
    assert found.same_call.value == pytest.approx(0.611111111111111, rel=1e-9)
    assert found.kappa_calls.value == pytest.approx(0.222222222222222, rel=1e-9)
    assert found.weighted_kappa_ratings.value == pytest.approx(0.284112955378314, rel=1e-9)


def test_the_pooled_binomial_is_far_off(analysis: StudyAnalysis) -> None:
    assert (analysis.pooled.correct, analysis.pooled.n) == (391, 600)
    assert analysis.pooled.p_value == pytest.approx(9.60689727185398e-14, rel=1e-9)
    assert analysis.pooled.design_effect is not None and analysis.pooled.design_effect > 2
