"""A card that a run really made, with everything asked for: every page and file of it opens."""

import pytest
from django.test import Client

from accounts.models import User
from evaluation.exports import EXPORTS
from evaluation.figures import available
from evaluation.models import ScoreCard
from evaluation.services import SUBGROUPS

from .conftest import MakeSet
from .test_scoring import score

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(phantom_set: MakeSet) -> list[ScoreCard]:
    """Two cards against one reference, one of them with a training set and subgroups."""
    reference, training = phantom_set("drawn", 60, 1000), phantom_set("learnt", 40, 2000)
    full = score(
        phantom_set("made", 60, source="synthetic"), reference, metrics=(), training=training, subgroups=SUBGROUPS
    )
    assert full.state == "succeeded", full.error
    return [full.card, score(phantom_set("made too", 60, 3000, source="synthetic"), reference).card]


def test_every_page_and_file_opens(cards: list[ScoreCard], client: Client, researcher: User) -> None:
    client.force_login(researcher)
    home = cards[0].get_absolute_url()
    figures = [
        f"{home}figures/{name}.{end}"
        for name in available(list(cards[0].scores.all()))
        for end in ("svg", "png", "csv")
    ]
    pages = [
        *(card.get_absolute_url() for card in cards),
        *figures,
        *(f"{home}export/{name}" for name in EXPORTS),
        "/score-cards/",
        f"/score-cards/compare/?card={cards[0].pk}&card={cards[1].pk}",
        f"/leaderboard/?reference={cards[0].reference_id}",
    ]
    assert len(figures) > 12
    assert {page: status for page in pages if (status := client.get(page, follow=True).status_code) != 200} == {}
