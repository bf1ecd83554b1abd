"""What prompts say, and whether the images follow."""

import numpy as np
import pytest

from evaluation.metrics import measure
from evaluation.metrics.negation import negation_family
from evaluation.metrics.prompts import Mention, parse, summary
from evaluation.metrics.result import Comparison, MetricError, Settings
from evaluation.metrics.severity import Graded, estimate_order, pair_sums, severity_family
from evaluation.metrics.sides import mirrored_halves, one_sided, sides_family
from images.phantom.text import prompts

from .clinical_samples import binormal, captioned

SENTENCES = {
    "No focal consolidation, pleural effusion or pneumothorax.": "-Consolidation -Effusion -Pneumothorax",
    "Small left pleural effusion. The heart is normal in size.": "+Effusion(2,left)",
    "There is a moderate right-sided pleural effusion.": "+Effusion(3,right)",
    "Large effusion on the left.": "+Effusion(4,left)",
    "Effusion is large. No nodules.": "+Effusion(4) -Nodule",
    "Moderate to large bilateral effusions without pneumothorax": "+Effusion(3.5,both) -Pneumothorax",
    "Effusion on the left and nodule in the right upper zone.": "+Effusion(left) +Nodule(right)",
    "No pneumothorax, small left effusion.": "-Pneumothorax +Effusion(2,left)",
    "No small effusion, large mass or nodule.": "-Effusion(2) -Mass(4) -Nodule",
    "Cardiomegaly without effusion or edema, but left pneumothorax": "+Cardiomegaly -Effusion -Edema +Pneumothorax(left)",
    "The heart is mildly enlarged.": "+Cardiomegaly(2)",
    "The heart is not enlarged.": "-Cardiomegaly",
    "Enlarged cardiac silhouette, no edema.": "+Cardiomegaly -Edema",
    "Widened mediastinum.": "+Enlarged Cardiomediastinum",
    "Possible pneumonia. Pneumothorax has resolved.": "?Pneumonia -Pneumothorax",
    "Pneumonia cannot be excluded.": "?Pneumonia",
    "Opacity may represent consolidation.": "+Lung Opacity ?Consolidation",
    "Left pleural effusion is not seen.": "-Effusion(left)",
    "No change in small right effusion.": "+Effusion(2,right)",
    "No pericardial effusion.": "",
    "No evidence of rib fracture; hiatal hernia": "-Fracture +Hernia",
    "No focal consolidation, pleural\n effusion or\npneumothorax\n\nCardiomegaly": "-Consolidation -Effusion -Pneumothorax +Cardiomegaly",
    "Trace effusion and severe emphysema": "+Effusion(1) +Emphysema(4)",
}  # fmt: skip


def shown(mention: Mention) -> str:
    details = [f"{part:g}" if isinstance(part, float) else part for part in (mention.severity, mention.side) if part]
    mark = {"present": "+", "absent": "-", "uncertain": "?"}[mention.status]
    return f"{mark}{mention.finding}" + (f"({','.join(details)})" if details else "")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_are_read(sentence: str) -> None:
    assert " ".join(shown(m) for m in parse(sentence) if not m.implied) == SENTENCES[sentence]


def test_a_report_without_full_stops_is_read_in_no_time() -> None:
    long = "small effusion in the middle of " + "on at of in within the lung " * 400 + "no pneumothorax"
    assert [shown(m) for m in parse(long)] == ["+Effusion(2)", "-Pneumothorax"]


def test_normal_regions_imply_absences_without_naming_them() -> None:
    implied = {m.finding for m in parse("Clear lungs. Heart size is normal.")}
    assert {"Cardiomegaly", "Consolidation"} <= implied and "Effusion" not in implied
    assert all(m.implied and m.status == "absent" for m in parse("Normal chest radiograph."))
    assert len(parse("Normal chest radiograph.")) == 18


def test_one_mention_a_finding_and_contradictions_are_uncertain() -> None:
    twice = summary("Small left effusion. Small right effusion.")["Effusion"]
    assert (twice.status, twice.severity, twice.side) == ("present", 2, "both")
    assert summary("No effusion. Small left effusion.")["Effusion"].status == "uncertain"


def test_every_prompt_of_the_phantoms_is_read_as_it_was_written() -> None:
    for row in prompts(400, seed=3):
        found = summary(row.prompt)
        present = {name for name, mention in found.items() if mention.status == "present"}
        assert present == set(row.findings) - {"No Finding"}, row.prompt
        for name, mention in found.items():
            assert mention.side == "" or mention.side in row.prompt.lower()
            assert name != "Effusion" or mention.status == "absent" or mention.severity in (2, 3, 4)


def output(effusion: np.ndarray) -> np.ndarray:
    return np.column_stack([effusion, np.full(len(effusion), 0.1)])


def test_a_model_that_draws_what_is_negated_is_found_out() -> None:
    captions = ["No pleural effusion."] * 100 + ["Clear lungs."] * 100 + ["Large effusion."] * 100
    rng = np.random.default_rng(0)
    drawn = np.concatenate([rng.random(100) < 0.4, rng.random(100) < 0.05, np.ones(100, dtype=bool)])
    sample = captioned(captions, output(0.2 + 0.6 * drawn))
    total, effusion = negation_family(Comparison(sample, binormal(0)))
    assert (total.finding, effusion.finding) == ("", "Effusion") and total.value == effusion.value
    assert effusion.value == pytest.approx(1 - drawn[:100].mean()) and effusion.n == 100
    assert effusion.baseline.value == pytest.approx(1 - drawn[100:200].mean())
    assert effusion.extra["difference"]["high"] < 0 and effusion.extra["difference"]["p"] < 1e-4
    half_said = captioned(["No large effusion."] * 60, output(np.zeros(60)))
    with pytest.raises(MetricError, match="named in a negation"):
        negation_family(Comparison(half_said, binormal(0)))


def test_severity_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(0)
    grades = rng.choice([2.0, 3.0, 4.0], 60)
    scores = np.round(rng.normal(size=60) + 1.2 * grades, 1)
    wins = [
        (scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j])
        for i in range(60)
        for j in range(60)
        if grades[i] > grades[j]
    ]
    won, met = pair_sums(scores, grades)
    assert won.sum() / 2 == pytest.approx(np.sum(wins)) and met.sum() / 2 == len(wins)
    captions = [
        f"{dict(zip((2, 3, 4), ('Small', 'Moderate', 'Large'), strict=True))[int(g)]} left effusion." for g in grades
    ]
    sample = captioned(captions, output(1 / (1 + np.exp(-scores))))
    total, effusion = severity_family(Comparison(sample, binormal(0)))
    assert effusion.value == pytest.approx(np.mean(wins)) == total.value and effusion.low > 0.5
    assert effusion.extra["severity"]["grade"] == [2, 3, 4] and effusion.extra["somers_d"] == pytest.approx(
        2 * effusion.value - 1
    )
    # With two severities this is the AUROC.
    two = grades != 3
    from sklearn.metrics import roc_auc_score

    order = estimate_order([Graded(scores[two], grades[two], np.arange(two.sum()))], Settings())
    assert order.value == pytest.approx(roc_auc_score(grades[two] == 4, scores[two]))


def test_intervals_of_the_severity_order_hold_the_truth() -> None:
    from scipy import stats

    grades = np.repeat([2.0, 3.0, 4.0], 40)
    true = np.mean([stats.norm.cdf(0.5 / np.sqrt(2)), stats.norm.cdf(0.5 / np.sqrt(2)), stats.norm.cdf(1 / np.sqrt(2))])
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        groups = np.arange(120) // 4
        scores = 0.5 * grades + np.sqrt(0.3) * rng.normal(size=30)[groups] + np.sqrt(0.7) * rng.normal(size=120)
        estimate = estimate_order([Graded(scores, grades, groups)], Settings())
        held += estimate.low <= true <= estimate.high
    assert held >= 178


def test_sides_are_judged_by_mirroring_halves() -> None:
    picture = np.arange(12.0).reshape(2, 6)
    without_left, without_right = mirrored_halves(picture)
    assert without_left[0].tolist() == [5, 4, 3, 3, 4, 5] and without_right[0].tolist() == [0, 1, 2, 2, 1, 0]
    assert [part[0].tolist() for part in mirrored_halves(np.array([[1, 2, 3]]))] == [[3, 2, 3], [1, 2, 1]]
    captions = ["Small left effusion.", "Large right effusion.", "Bilateral effusions.", "No left effusion."] * 20
    assert one_sided(captions[:4], ("Effusion",)) == {0: {"Effusion": "left"}, 1: {"Effusion": "right"}}
    # The left of the patient is on the right of the picture: without that half a left effusion is gone.
    sided = np.tile(np.array([[0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [0.1, 0.1]])[:, :, None], (20, 1, 2))
    sample = captioned(captions, output(np.full(80, 0.8)), sided_probabilities=sided)
    total, effusion = sides_family(Comparison(sample, binormal(0)))
    assert effusion.value == 1 and effusion.n == 40 and total.low > 0.5 and effusion.baseline is None
    swapped = captioned(captions, output(np.full(80, 0.8)), sided_probabilities=sided[:, ::-1])
    assert sides_family(Comparison(swapped, sample))[1].value == 0
    assert sides_family(Comparison(swapped, sample))[1].extra["difference"]["high"] < -0.5


def test_prompts_that_say_too_little_are_refused_with_the_reason() -> None:
    names = ["negation_respected", "severity_order", "side_agreement"]
    silent = {r.metric: r.refused for r in measure(binormal(0), binormal(1), names=names)}
    assert "no prompts" in silent["negation_respected"] and "no prompts" in silent["severity_order"]
    assert "one half mirrored" in silent["side_agreement"]
    plain = captioned(["Pleural effusion."] * 40, output(np.full(40, 0.8)))
    said = {r.metric: r.refused for r in measure(plain, binormal(1), names=names)}
    assert "named in a negation" in said["negation_respected"] and "two severities" in said["severity_order"]
