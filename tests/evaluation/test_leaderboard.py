"""Ranks with ties, published rows apart, and cards compared."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from evaluation.comparing import subtract
from evaluation.metrics.result import MetricResult
from evaluation.models import Score, ScoreCard
from evaluation.published import PUBLISHED
from evaluation.ranking import cost_span, rank_letters
from images.models import ImageSet

from .card_maker import FACTS, plain_results, store
from .conftest import MakeSet


def test_letters_are_shared_where_intervals_overlap() -> None:
    spans = {"a": (0.0, 1.0), "b": (0.9, 2.0), "c": (1.9, 3.0), "d": (5.0, 6.0)}
    assert rank_letters(spans) == {"a": "a", "b": "ab", "c": "b", "d": "c"}


def test_equal_intervals_and_touching_ends_are_tied() -> None:
    assert rank_letters({1: (0.0, 1.0), 2: (0.0, 1.0), 3: (1.0, 1.0)}) == {1: "a", 2: "a", 3: "a"}
    assert rank_letters({}) == {}


def test_two_rows_share_a_letter_exactly_when_they_overlap() -> None:
    import random

    rng = random.Random(5)
    spans = {}
    for number in range(40):
        low = rng.uniform(0, 10)
        spans[number] = (low, low + rng.uniform(0, 2))
    letters = rank_letters(spans)
    for i, (low, high) in spans.items():
        for j, (other_low, other_high) in spans.items():
            overlap = low <= other_high and other_low <= high
            assert bool(set(letters[i]) & set(letters[j])) == overlap


def test_costs_follow_the_direction() -> None:
    assert cost_span("lower", 2.0, 1.0, 3.0, None) == (2.0, (1.0, 3.0))
    assert cost_span("higher", 2.0, 1.0, 3.0, None) == (-2.0, (-3.0, -1.0))
    assert cost_span("match", 2.0, 1.0, 3.0, 2.5) == (0.5, (0.0, 1.5))
    assert cost_span("match", 2.0, 1.0, 3.0, 5.0) == (3.0, (2.0, 4.0))


def test_published_rows_have_a_source_each_and_metrics_that_exist() -> None:
    from evaluation.metrics import METRICS

    assert len(PUBLISHED) >= 25
    for row in PUBLISHED:
        assert row.source and row.address.startswith("https://") and row.definition
        assert set(row.values) <= set(METRICS), row


@pytest.fixture
def reference(phantom_set: MakeSet) -> ImageSet:
    return phantom_set("drawn", 3, 1000)


@pytest.fixture
def cards(phantom_set: MakeSet, reference: ImageSet) -> list[ScoreCard]:
    """Three sets with Fréchet distances 6, 7 (tied) and 60."""
    made = []
    for number, (value, half) in enumerate(((6.0, 1.0), (7.0, 1.0), (60.0, 2.0))):
        distance = replace(plain_results()[0], value=value, low=value - half, high=value + half)
        image_set = phantom_set(f"model {number}", 2, 10 * number, source="synthetic")
        made.append(store(image_set, reference, (distance, *plain_results()[1:])))
    return made


@pytest.mark.django_db
def test_the_leaderboard_ranks_ties_and_marks_published_rows(
    cards: list[ScoreCard], researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    address = reverse("evaluation:leaderboard")
    answer = client.get(address, {"metric": "frechet_distance"})
    lines = answer.context["board"].lines
    assert [(line.name, line.cells["frechet_distance"].letters) for line in lines] == [
        ("model 0", "a"), ("model 1", "a"), ("model 2", "b"),
    ]  # fmt: skip
    page = answer.content.decode()
    assert page.index("model 2") < page.index("RoentGen") and "published, other data" in page
    assert "54.9" in page and "RoentGen" not in [line.name for line in lines]
    backwards = client.get(address, {"sort": "-frechet_distance"}).context["board"].lines
    assert [line.name for line in backwards] == ["model 2", "model 1", "model 0"]
    assert "RoentGen" not in client.get(address, {"own": "1"}).content.decode()
    assert [line.name for line in client.get(address, {"q": "1"}).context["board"].lines] == ["model 1"]


@pytest.mark.django_db
def test_the_leaderboard_keeps_references_and_extractors_apart(
    cards: list[ScoreCard], phantom_set: MakeSet, researcher: User, client: Client
) -> None:
    other = phantom_set("elsewhere", 2, 2000)
    facts = {**FACTS, "extractor": {"name": "inception", "weights": "tf"}}
    store(phantom_set("apart", 2, 500, source="synthetic"), other, plain_results())
    newer = store(cards[0].synthetic, cards[0].reference, plain_results(), facts)
    client.force_login(researcher)
    address = reverse("evaluation:leaderboard")
    names = [line.name for line in client.get(address, {"reference": other.pk}).context["board"].lines]
    assert names == ["apart"]
    first = client.get(address, {"reference": cards[0].reference_id}).context["board"]
    assert [space.name for space in first.spaces] == ["xrv-densenet all", "inception tf"] and len(first.lines) == 3
    lines = (
        client.get(address, {"reference": cards[0].reference_id, "space": first.spaces[1].key}).context["board"].lines
    )
    assert [line.card for line in lines] == [newer]


@pytest.mark.django_db
def test_an_empty_leaderboard_says_what_to_do(researcher: User, client: Client) -> None:
    client.force_login(researcher)
    assert b"Nothing to rank yet" in client.get(reverse("evaluation:leaderboard")).content
    assert b"No score cards to compare" in client.get(reverse("evaluation:compare")).content


@pytest.mark.django_db
def test_cards_stand_side_by_side_with_their_difference(
    cards: list[ScoreCard], phantom_set: MakeSet, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    address = reverse("evaluation:compare")
    answer = client.get(address, {"card": [card.pk for card in cards]})
    line = next(line for line in answer.context["lines"] if line.title == "Fréchet distance")
    words = [cell.difference.word for cell in line.cells[1:] if cell.difference]
    assert words == ["cannot tell", "worse"] and not answer.context["cautions"]
    other = store(phantom_set("apart", 2, 500, source="synthetic"), phantom_set("b", 2, 2000), plain_results())
    page = client.get(address, {"card": [cards[0].pk, other.pk, "nonsense", cards[0].pk]})
    assert page.context["cards"] == [cards[0], other]
    assert b"different reference sets" in page.content
    assert client.get(address, {"card": cards[0].pk}).context["others"].count() == 3


@pytest.mark.django_db
def test_nobody_compares_cards_of_another_workspace(cards: list[ScoreCard], stranger: User, client: Client) -> None:
    client.force_login(stranger)
    answer = client.get(reverse("evaluation:compare"), {"card": [card.pk for card in cards]})
    assert answer.context["cards"] == [] and b"model 0" not in answer.content


def score(result: MetricResult) -> Score:
    names = ("metric", "direction", "value", "low", "high", "n", "method")
    return Score(**{name: getattr(result, name) for name in names})


def test_the_difference_of_independent_cards_keeps_its_skewness() -> None:
    """MOVER: distances from the values to the ends add in squares, each end with the other's opposite one."""
    first = score(MetricResult("auroc", "higher", 100, "x", 0.90, 0.80, 0.94))
    other = score(MetricResult("auroc", "higher", 100, "x", 0.50, 0.40, 0.60))
    found = subtract(first, other)
    assert found and found.word == "worse"
    assert (found.value, found.low, found.high) == pytest.approx((-0.4, -0.5077, -0.2586), abs=1e-4)


def test_a_distance_farther_below_0_is_not_nearer_to_the_real_images() -> None:
    """Neither KID clears 0, so neither image set was told from the real ones, however far apart the two numbers are."""
    first = score(MetricResult("kernel_distance", "lower", 100, "x", -0.08, -0.11, -0.05))
    other = score(MetricResult("kernel_distance", "lower", 100, "x", -0.02, -0.03, -0.01))
    far = score(MetricResult("kernel_distance", "lower", 100, "x", 0.20, 0.15, 0.25))
    near, clear = subtract(first, other), subtract(first, far)
    assert near and clear and near.low > 0 and (near.word, clear.word) == ("cannot tell", "worse")


@pytest.mark.django_db
def test_what_no_network_has_to_do_with_is_compared_across_extractors(
    cards: list[ScoreCard], researcher: User, client: Client
) -> None:
    spectrum = MetricResult("spectrum_distance", "lower", 100, "jackknife", 0.3, 0.2, 0.4)
    facts = {**FACTS, "extractor": {"name": "inception", "weights": "tf"}}
    sets = cards[0].synthetic, cards[0].reference
    pair = [store(*sets, (*plain_results(), spectrum), one) for one in (FACTS, facts)]
    client.force_login(researcher)
    answer = client.get(reverse("evaluation:compare"), {"card": [card.pk for card in pair]})
    assert [(line.title, line.space) for line in answer.context["lines"]] == [
        ("Distance of the power spectra", "without a network")
    ]
    assert b"first extractors differ" in answer.content


@pytest.mark.django_db
def test_the_api_gives_ranks_and_differences(
    cards: list[ScoreCard], researcher: User, stranger: User, reader_user: User, client: Client
) -> None:
    board, comparison = "/api/v1/score-cards/leaderboard/", "/api/v1/score-cards/comparison/"
    client.force_login(researcher)
    found = client.get(board, {"metric": "frechet_distance"}).json()
    assert [row["scores"]["frechet_distance"]["rank"] for row in found["rows"]] == ["a", "a", "b"]
    assert found["metrics"] == ["frechet_distance"] and found["published"]
    compared = client.get(comparison, {"card": [card.pk for card in cards]}).json()
    first = next(line for line in compared["scores"] if line["metric"] == "Fréchet distance")
    assert [cell["difference"] and cell["difference"]["word"] for cell in first["cards"]] == [
        None, "cannot tell", "worse",
    ]  # fmt: skip
    client.force_login(stranger)
    assert client.get(board).json()["rows"] == []
    assert client.get(comparison, {"card": [card.pk for card in cards]}).json()["cards"] == []
    client.force_login(reader_user)
    assert client.get(board).status_code == 403
