"""Image-text scores and retrieval: closed forms equal simulation, copies are never wrong, parts are the right rows."""

import dataclasses

import numpy as np
import pytest

from benchmarks.coverage_images import Scenario, pairs
from evaluation.metrics import MetricResult, Sample, Settings, TooFewImages, measure
from evaluation.metrics.alignment import retrieval_estimates, score_estimates
from evaluation.metrics.resampling import assign_blocks, clustered_mean
from evaluation.metrics.retrieval import expected_recall, recall_error
from evaluation.metrics.sections import caption_parts, report_sections


def paired(seed: int, prompts: int = 60, size: int = 4, strength: float = 0.6, d: int = 32) -> Sample:
    """Images whose embeddings hold `strength` of their caption's; every third caption has no impression."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(prompts), size)
    texts = rng.normal(size=(prompts, d))[code]
    captions = tuple(f"Findings: p{c}{' word' * (c % 9)}. " + ("Impression: clear." if c % 3 else "") for c in code)
    return Sample(
        strength * texts + rng.normal(size=(len(code), d)),
        tuple(f"g{c:03d}" for c in code),
        captions=captions,
        text_features=texts,
    )


def test_recall_equals_its_simulation_with_ties() -> None:
    rng = np.random.default_rng(0)
    places = []
    scores = np.r_[np.ones(3), np.zeros(2), -np.ones(35)]
    for _ in range(20_000):
        drawn = scores[rng.permutation(40)[:19]]
        places.append((drawn == 1).sum() + rng.integers((drawn == 0).sum() + 1))
    expected = [np.mean(np.array(places) < k) for k in (1, 5)]
    found = expected_recall(np.array([3]), np.array([2]), np.array([40]), (1, 5), 20)[0]
    assert found == pytest.approx(expected, abs=0.01)


def test_recall_of_no_information_is_chance_and_of_all_is_one() -> None:
    one, zero, many = np.array([1]), np.array([0]), np.array([500])
    assert expected_recall(zero, many, many, (1, 5, 10), 100)[0] == pytest.approx([0.01, 0.05, 0.1])
    assert expected_recall(zero, zero, many, (1,), 100)[0] == pytest.approx([1])
    assert expected_recall(many, zero, many, (10,), 100)[0] == pytest.approx([0])
    # One better among five, all five drawn: never first, always second.
    assert expected_recall(one, zero, np.array([5]), (1, 2), 100)[0] == pytest.approx([0, 1])


def test_unrelated_pairs_score_as_other_captions_do() -> None:
    estimates = score_estimates(paired(0, strength=0.0), Settings())
    assert estimates["image_text_margin", ""].low < 0 < estimates["image_text_margin", ""].high
    recall = retrieval_estimates(paired(0, 120, strength=0.0), Settings(confidence=0.99))
    for metric in ("retrieval_r10", "retrieval_image_r10"):
        estimate = recall[metric, ""]
        assert estimate.low < estimate.extra["chance"] < estimate.high and estimate.extra["candidates"] == 100


def test_the_margin_equals_its_definition() -> None:
    sample = paired(1, 12, 3)
    x, t = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (sample.features, sample.text_features))
    cosine = x @ t.T
    same = np.equal.outer(np.array(sample.captions), np.array(sample.captions))
    expected = np.mean([cosine[i, i] - cosine[i][~same[i]].mean() for i in range(sample.n)])
    estimates = score_estimates(sample, Settings())
    assert estimates["image_text_margin", ""].value == pytest.approx(expected, abs=1e-6)
    assert estimates["image_text_score", ""].value == pytest.approx(np.diag(cosine).mean(), abs=1e-6)


def test_retrieval_equals_brute_force_where_all_are_candidates() -> None:
    sample = paired(2, 30, 2, 0.4)
    x, t = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (sample.features, sample.text_features))
    first = x @ t[::2].T
    right = np.arange(60) // 2
    hits = (first > first[np.arange(60), right][:, None]).sum(axis=1) < 5
    assert retrieval_estimates(sample, Settings())["retrieval_r5", ""].value == pytest.approx(hits.mean())


def test_more_seeds_of_a_prompt_do_not_make_its_caption_a_wrong_answer() -> None:
    perfect = paired(3, 40, 5, strength=50)
    for name, estimate in retrieval_estimates(perfect, Settings()).items():
        assert estimate.value == pytest.approx(1), name


def test_collapse_is_chance_not_a_hit() -> None:
    sample = paired(4, 60)
    one_picture = dataclasses.replace(sample, features=np.repeat(sample.features[:1], sample.n, axis=0))
    found = retrieval_estimates(one_picture, Settings())
    assert found["retrieval_image_r5", ""].value == pytest.approx(5 / 60, abs=1e-6)
    assert found["retrieval_r5", ""].value == pytest.approx(5 / 60, abs=1e-6)


def rows(results: tuple[MetricResult, ...], metric: str) -> dict[str, MetricResult]:
    return {result.subgroup: result for result in results if result.metric == metric}


def test_lengths_and_sections_are_rows_of_their_own() -> None:
    found = rows(measure(paired(5), paired(6), names=["image_text_score"]), "image_text_score")
    assert set(found) == {
        "",
        *(f"length={n}" for n in ("short", "medium", "long")),
        "section=findings",
        "section=impression",
    }
    assert found["length=short"].extra["words_to"] < found["length=long"].extra["words_from"]
    assert sum(found[f"length={n}"].n for n in ("short", "medium", "long")) == found[""].n == 240
    assert found["section=impression"].n == 160 and found["section=impression"].baseline is not None


def test_a_section_is_compared_with_its_own_text_where_that_was_embedded() -> None:
    sample = paired(7)
    has = np.array(["Impression" in caption for caption in sample.captions])[:, None]
    other = np.random.default_rng(0).normal(size=sample.features.shape)
    sectioned = dataclasses.replace(sample, section_features={"impression": np.where(has, other, np.nan)})
    found = rows(measure(sectioned, paired(8), names=["image_text_score"]), "image_text_score")
    assert found["section=impression"].high < 0.2 < found[""].low and found["section=impression"].n == 160


def test_sections_of_a_report() -> None:
    report = "EXAM. FINDINGS: Heart is large. Lungs: clear.\nImpression:  Cardiomegaly."
    assert report_sections(report) == {"findings": "Heart is large. Lungs: clear", "impression": "Cardiomegaly"}
    assert report_sections("a small effusion") == {} and report_sections("Impression:") == {}
    assert caption_parts(["same words"] * 9) == {}


def test_too_few_captions_and_missing_text_are_refused() -> None:
    with pytest.raises(TooFewImages, match="20 different captions; there are 12"):
        retrieval_estimates(paired(9, 12), Settings())
    silent = dataclasses.replace(paired(9), text_features=None)
    assert "None of the extractors reads text" in measure(silent, paired(1), names=["retrieval_r1"])[0].refused
    blank = dataclasses.replace(paired(9), captions=("",) * 240)
    assert "without captions" in measure(blank, paired(1), names=["retrieval_r1"])[0].refused
    wide = dataclasses.replace(paired(9), text_features=np.ones((240, 5)))
    assert "not embedded in one space" in measure(wide, paired(1), names=["image_text_score"])[0].refused


def test_images_without_a_caption_are_left_out() -> None:
    sample = paired(10)
    partly = dataclasses.replace(sample, captions=("",) * 40 + sample.captions[40:])
    assert score_estimates(partly, Settings())["image_text_score", ""].n == 200


def test_the_reference_without_text_gives_no_yardstick() -> None:
    reference = dataclasses.replace(paired(11), text_features=None)
    assert all(
        r.baseline is None and r.value is not None for r in measure(paired(12), reference, names=["retrieval_r1"])
    )


def test_the_error_of_recall_is_that_of_its_queries_where_candidates_do_nothing() -> None:
    rng = np.random.default_rng(21)
    groups = np.repeat(np.arange(50), 4)
    hits = (rng.random(200) < np.repeat(rng.random(50), 4)).astype(float)
    blocks = assign_blocks(groups, 20, 0)
    rows = np.arange(200) < 120
    se, df = recall_error(hits, np.repeat(hits[None], 20, axis=0), rows, blocks, groups)
    assert (se, df) == pytest.approx(clustered_mean(hits[rows], groups[rows])[1:])


def test_the_error_of_recall_is_what_it_varies_by_where_captions_draw_pictures() -> None:
    """The queries alone would overrate it, by half in the variance; so would the jackknife."""
    scenario = Scenario("captions near all", 320, 4, 0.3, 0.0, pull=0.5)
    rng = np.random.default_rng(22)
    found = [retrieval_estimates(pairs(rng, scenario, scenario.n), Settings(seed=i)) for i in range(60)]
    values = np.array([[e.value, e.extra["se"] ** 2] for e in (one["retrieval_r5", ""] for one in found)])
    assert 0.6 < values[:, 1].mean() / values[:, 0].var() < 1.6


def test_hits_that_are_almost_certain_do_not_narrow_the_interval_beyond_the_number_of_images() -> None:
    """200 images that almost always hit: a rare one that does not may be missing."""
    groups = np.repeat(np.arange(50), 4)
    hits = np.linspace(0.9998, 1.0, 200)
    blocks = assign_blocks(groups, 20, 0)
    se, _ = recall_error(hits, np.repeat(hits[None], 20, axis=0), np.ones(200, dtype=np.bool_), blocks, groups)
    assert se == pytest.approx(np.sqrt(1e-4 / 200), rel=0.05)
