"""What a card says in words, from intervals alone."""

from typing import Any

from evaluation.models import Score
from evaluation.verdict import Statement, sentence, verdict


def score(metric: str, value: float, half: float, real: tuple[float, float] | None = None, **more: Any) -> Score:
    """A score of value +- half beside real images' (value, half)."""
    baseline = {"value": real[0], "low": real[0] - real[1], "high": real[0] + real[1]} if real else None
    given: dict[str, Any] = {"direction": "lower", "n": 100, **more}
    return Score(metric=metric, value=value, low=value - half, high=value + half, baseline=baseline, **given)


def only(*scores: Score) -> Statement:
    (statement,) = verdict(scores)
    return statement


def test_privacy_is_bad_where_any_test_finds_more_than_among_unseen_images() -> None:
    quiet = score("copies", 0.01, 0.005, (0.01, 0.005))
    assert (only(quiet).look, only(quiet).word) == ("ok", "no sign")
    loud = score("near_duplicates", 0.2, 0.05, (0.01, 0.005))
    found = only(quiet, loud)
    assert found.look == "bad" and "near duplicates" in found.text and "copies" not in found.text


def test_an_axis_without_a_rule_of_its_own_is_read_beside_real_images() -> None:
    worse = score("retrieval_r1", 0.2, 0.05, (0.5, 0.05), direction="higher")
    assert (only(worse).axis, only(worse).look) == ("alignment", "warn")
    touching = score("retrieval_r1", 0.42, 0.05, (0.5, 0.05), direction="higher")
    assert (only(touching).word, only(touching).look) == ("as real", "ok")
    lone = score("spectrum_distance", 0.3, 0.1)
    assert (only(lone).word, only(lone).look) == ("measured", "")


def test_fidelity_needs_more_than_the_noise_floor_to_be_bad() -> None:
    looks = [only(score("kernel_distance", value, 0.1, (0.0, 0.15))).look for value in (0.05, 0.2, 0.5)]
    assert looks == ["ok", "warn", "bad"]


def test_the_first_extractor_speaks_and_parts_do_not() -> None:
    first = score("kernel_distance", 0.5, 0.1)
    other = score("kernel_distance", 0.0, 0.1, space="rad-dino")
    part = score("kernel_distance", 0.0, 0.1, subgroup="sex=F")
    assert only(part, first, other).look == "bad"


def test_nothing_is_said_of_nothing() -> None:
    assert verdict([]) == [] and sentence([]) == ""
    assert sentence([score("kernel_distance", 0.5, 0.1)]) == "Fidelity: differs."
