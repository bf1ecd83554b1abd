"""Binary mixed models: lme4 1.1-31 under R 4.2.2 (fixed effects 2e-3), the gradient, and data that allow no model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from reader_study.analysis import RatingTable
from reader_study.analysis.models.fit import Effects, fit
from reader_study.analysis.models.laplace import Laplace, Model, Parameters
from reader_study.analysis.models.likelihood import Outcome
from reader_study.analysis.models.links import link_of
from reader_study.analysis.models.mixed import INTERCEPT, Rows, binary_model, crossed
from reader_study.analysis.models.result import MixedModel
from reader_study.analysis.models.section import arm_effects, correct, models_section, rows_of
from reader_study.analysis.plain import plain
from tests.reader_study.analysis.mixed import deviations, errors, random_rows, values, van_dyke
from tests.reader_study.analysis.tables import from_matrix, rows, turing_test

READER, CASE = ("reader", INTERCEPT), ("case", INTERCEPT)


def model_of(sample: Rows, link: str = "logit") -> MixedModel:
    return binary_model(sample, name="test", formula="answer ~ x + (1 | reader) + (1 | case)", link=link)


def agrees(
    model: MixedModel, fixed: list[float], error: list[float], case: float, reader: float, height: float
) -> None:
    assert values(model) == pytest.approx(fixed, rel=2e-3, abs=2e-4)
    assert errors(model) == pytest.approx(error, rel=1.5e-2)
    assert deviations(model)[CASE] == pytest.approx(case, rel=2e-3)
    assert deviations(model)[READER] == pytest.approx(reader, rel=2e-3)
    # The converged Laplace likelihood lies up to 3e-3 above what glmer prints, at glmer's own parameters.
    assert height - 1e-4 < model.log_likelihood < height + 3e-3


def test_visual_turing_test_as_glmer() -> None:
    table = turing_test().primary()
    accuracy = binary_model(rows_of(table, correct(table), {}), name="accuracy", formula="")
    agrees(accuracy, [0.745587589684757], [0.16239048549577], 0.921691334431305, 0.224259187097712, -375.001522710982)
    found = models_section(turing_test())
    fixed, error = [0.0692795848074659, 0.88413463902649], [0.100646487052104, 0.164495302478791]
    agrees(found.detection, fixed, error, 0.549872562655396, 0.146103190268907, -374.81345646576)
    assert found.d_prime.value == found.detection.term("truth").value
    assert found.criterion.value == -found.detection.term(INTERCEPT).value
    assert found.criterion.interval.low < found.criterion.value < found.criterion.interval.high


@pytest.mark.real_data
def test_contagious_pleuropneumonia_as_glmer(shared_data: Path) -> None:
    herds = rows(shared_data / "reference-statistics" / "lme4_cbpp.csv")
    ill = np.array([float(row["incidence"]) for row in herds])
    size = np.array([float(row["size"]) for row in herds])
    effects = {f"period{p}": np.array([row["period"] == p for row in herds] * 2, float) for p in "234"}
    sample = Rows(
        np.repeat([1.0, 0.0], len(herds)),
        None,
        np.array([row["herd"] for row in herds] * 2),
        effects,
        np.concatenate([ill, size - ill]),
    )
    model = model_of(sample)
    expected = [-1.39834286447115, -0.991924974975739, -1.12821621594334, -1.57974541364919]
    assert values(model) == pytest.approx(expected, rel=2e-3)
    assert deviations(model) == {CASE: pytest.approx(0.642069927729179, rel=2e-3)}
    constant = float(np.log(special.binom(size, ill)).sum())
    assert model.log_likelihood + constant == pytest.approx(-92.0265663895303, abs=1e-3)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["accuracy_t1_intercept_logit", "accuracy_by_treatment", "accuracy_treat_by_truth"])
def test_van_dyke_accuracy_as_glmer(shared_data: Path, name: str) -> None:
    golden = _golden(shared_data)[name]
    table = van_dyke(shared_data / "reference-statistics")
    if name == "accuracy_t1_intercept_logit":
        table = table.where(table.arm == "1")
    effects = arm_effects(table)[0]
    if name == "accuracy_treat_by_truth":
        truth = table.truth.astype(float)
        effects = {**effects, "truth": truth, "both": effects["arm 2"] * truth}
    model = binary_model(rows_of(table, correct(table), effects), name="accuracy", formula="")
    error = golden["se"] if isinstance(golden["se"], list) else [golden["se"]]
    case, reader = golden["theta"]
    agrees(model, list(golden["fixef"].values()), error, case, reader, golden["logLik"])


@pytest.mark.real_data
def test_van_dyke_signal_detection_as_glmer(shared_data: Path) -> None:
    table = van_dyke(shared_data / "reference-statistics")
    first = table.where(table.arm == "1")
    golden = _golden(shared_data)["probit_sdt_t1"]
    model = models_section(first).detection
    case, reader = golden["theta"]
    agrees(model, list(golden["fixef"].values()), golden["se"], case, reader, golden["logLik"])
    golden = _golden(shared_data)["probit_sdt_t1_reader_slope"]
    sample = replace(rows_of(first, first.call, {"truth": first.truth - 0.5}), slope="truth")
    model = model_of(sample, "probit")
    assert values(model)[1] == pytest.approx(golden["fixef"]["tc"], rel=2e-3)
    assert errors(model) == pytest.approx(golden["se"], rel=1.5e-2)
    spread = {(one["grp"], one["var1"]): one["sdcor"] for one in golden["VarCorr"] if one["var2"] is None}
    assert deviations(model)[CASE] == pytest.approx(spread["case", "(Intercept)"], rel=2e-3)
    assert deviations(model)[READER] == pytest.approx(spread["reader", "(Intercept)"], rel=2e-3)
    assert deviations(model)["reader", "truth"] == pytest.approx(spread["reader", "tc"], rel=2e-3)


def _golden(shared_data: Path) -> dict:
    path = shared_data / "reference-statistics" / "misc_expected.json"
    return json.loads(path.read_text())["results"]["glmer_vandyke"]


@pytest.mark.parametrize(("link", "levels"), [("logit", 2), ("probit", 2), ("logit", 4), ("probit", 4)])
def test_the_gradient_is_that_of_the_likelihood(link: str, levels: int) -> None:
    sample = random_rows(3, readers=3, cases=12)
    level = np.random.default_rng(1).integers(0, levels, sample.outcome.size)
    design = sample.effects["x"][:, None]
    likelihood = Laplace(Model(design, Outcome(level, np.ones(level.size), levels, link_of(link)), crossed(sample)))
    cuts = np.zeros(1) if levels == 2 else np.array([-0.8, 0.1, 1.1])

    def at(x: np.ndarray) -> Parameters:
        return Parameters(x[:1, None], float(x[1]), x[2:3], x[3:] if levels > 2 else cuts)

    x = np.concatenate([[0.7, 0.4, 0.3], cuts if levels > 2 else []])
    slope = likelihood(at(x))[1]
    exact = np.concatenate([slope.lower.ravel(), [slope.scale], slope.beta, slope.cuts if levels > 2 else []])
    steps = 1e-5 * np.eye(x.size)
    numeric = [(likelihood(at(x + step))[0] - likelihood(at(x - step))[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-6)


def test_label_flip_mirrors_the_effects() -> None:
    sample = random_rows(7)
    there, back = model_of(sample), model_of(replace(sample, outcome=1 - sample.outcome))
    assert values(back) == pytest.approx([-value for value in values(there)], rel=1e-5)
    assert back.log_likelihood == pytest.approx(there.log_likelihood, abs=1e-6)


def test_names_and_order_of_readers_do_not_matter() -> None:
    sample = random_rows(8)
    order = np.random.default_rng(0).permutation(sample.outcome.size)
    names = np.array([f"Z{9 - int(reader)}" for reader in sample.reader])
    mixed = Rows(sample.outcome[order], names[order], sample.case[order], {"x": sample.effects["x"][order]})
    assert values(model_of(mixed)) == pytest.approx(values(model_of(sample)), rel=1e-6)


def test_missing_answers_are_left_out() -> None:
    sample = random_rows(9)
    holes = sample.outcome.copy()
    holes[::7] = np.nan
    keep = ~np.isnan(holes)
    rest = Rows(holes[keep], sample.reader[keep], sample.case[keep], {"x": sample.effects["x"][keep]})
    assert plain(model_of(replace(sample, outcome=holes))) == plain(model_of(rest))


def test_a_variance_at_its_boundary_is_zero() -> None:
    sample = random_rows(5, readers=6, cases=80, reader_sd=0.0)
    model = model_of(sample)
    assert deviations(model)[READER] == 0
    assert any("Readers differ no more than chance" in text for text in model.warnings)
    assert model.converged
    assert errors(model)[1] > 0


def test_one_reader_leaves_plain_regression() -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    sample = random_rows(6, readers=1, cases=120)
    model = model_of(sample)
    plain_fit = statsmodels.Logit(sample.outcome, statsmodels.add_constant(sample.effects["x"])).fit(disp=0)
    assert values(model) == pytest.approx(list(plain_fit.params), rel=1e-6)
    assert errors(model) == pytest.approx(list(plain_fit.bse), rel=1e-5)
    assert model.log_likelihood == pytest.approx(plain_fit.llf, rel=1e-9)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([], "no reads"), ([1.0] * 6, "same answer"), ([np.nan] * 6, "no reads"), ([0, 0, 0, 1, 1, 1], "separates")],
)
def test_what_no_model_can_say(answers: list[float], reason: str) -> None:
    n = len(answers)
    who, what = np.repeat(["a", "b", "c"], 2)[:n], np.tile(["x", "y"], 3)[:n]
    model = model_of(Rows(np.array(answers, float), who, what, {"x": np.repeat([-1.0, 1.0], 3)[:n]}))
    assert reason in model.reason
    assert model.terms == ()
    assert plain(model)["log_likelihood"] is None


def test_an_effect_that_does_not_vary_is_said() -> None:
    sample = random_rows(4)
    assert "does not vary" in model_of(replace(sample, effects={"x": np.ones(sample.outcome.size)})).reason


@pytest.mark.parametrize("kind", ["perfect", "constant", "one class", "empty"])
def test_degenerate_studies_have_defined_models(kind: str) -> None:
    truth = np.array([0, 0, 0, 1, 1, 1]) if kind != "one class" else np.ones(6, int)
    matrix = np.tile(np.where(truth == 1, 6.0, 1.0), (3, 1)) if kind != "constant" else np.full((3, 6), 4.0)
    table = from_matrix(matrix, truth)
    if kind == "empty":
        table = table.where(np.zeros(len(table), bool))
    found = models_section(table)
    assert all(model.terms or model.reason for model in (found.accuracy, found.detection, found.rating, found.realism))
    assert found.d_prime is None
    plain(found)


def test_several_arms_enter_as_effects() -> None:
    one = turing_test().primary()
    half = np.where(np.arange(len(one)) % 2 == 0, "a", "b")
    found = models_section(replace(one, arm=half))
    assert [term.name for term in found.accuracy.terms] == [INTERCEPT, "arm b"]
    assert "+ arm" in found.accuracy.formula


def test_the_estimates_recover_what_was_simulated() -> None:
    rng = np.random.default_rng(2)
    readers, cases = 12, 400
    truth = np.repeat([0, 1], cases // 2)
    latent = (truth - 0.5) * 1.5 + rng.normal(0, 0.6, cases) + rng.normal(0, 0.4, readers)[:, None] - 0.2
    calls = (latent + rng.normal(size=(readers, cases)) > 0).astype(float)
    who, what = (codes.reshape(-1) for codes in np.indices((readers, cases)))
    table = RatingTable.build(
        reader=[f"r{code}" for code in who],
        case=[f"c{code}" for code in what],
        truth=[int(value) for value in truth[what]],
        call=calls.reshape(-1),
    )
    found = models_section(table)
    assert found.d_prime.value == pytest.approx(1.5, abs=3 * found.d_prime.standard_error)
    assert found.criterion.value == pytest.approx(0.2, abs=3 * found.criterion.standard_error)
    assert deviations(found.detection)[CASE] == pytest.approx(0.6, abs=0.1)


def test_effects_can_be_switched_off() -> None:
    sample = random_rows(1)
    outcome = Outcome(sample.outcome.astype(np.int64), np.ones(sample.outcome.size), 2, link_of("logit"))
    model = Model(np.column_stack([np.ones(sample.outcome.size), sample.effects["x"]]), outcome, crossed(sample))
    found = fit(model, Effects(readers=False, cases=False))
    assert found.parameters.scale == 0
    assert found.log_likelihood < fit(model, Effects()).log_likelihood
