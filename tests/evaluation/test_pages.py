"""The pages of score cards, as everyone who may knock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from evaluation.figures import FIGURES, draw
from evaluation.metrics import MetricResult
from evaluation.models import Score, ScoreCard, ScoringRun
from evaluation.presentation import Section
from images.models import ImageSet
from jobs.models import RunState

from .card_maker import full_results, plain_results, store
from .conftest import MakeSet

pytestmark = pytest.mark.django_db
EXPORTED = ("csv", "json", "markdown", "model-index")


@pytest.fixture
def sets(phantom_set: MakeSet) -> tuple[ImageSet, ImageSet]:
    return phantom_set("made", 3, source="synthetic"), phantom_set("drawn", 3, 1000)


@pytest.fixture
def card(sets: tuple[ImageSet, ImageSet]) -> ScoreCard:
    return store(*sets, plain_results())


@pytest.fixture
def full_card(sets: tuple[ImageSet, ImageSet]) -> ScoreCard:
    made, real = (one.items.order_by("image__sha256")[0].image.sha256 for one in sets)
    return store(*sets, full_results(3, [(made, real)]))


def figure(card: ScoreCard, name: str, extension: str = "svg") -> str:
    return reverse("evaluation:score_card_figure", args=[card.pk, name, extension])


def pages(card: ScoreCard) -> list[str]:
    return [
        reverse("evaluation:score_card_list"),
        reverse("evaluation:leaderboard"),
        reverse("evaluation:compare"),
        card.get_absolute_url(),
        figure(card, "intervals"),
        figure(card, "findings", "csv"),
        *(reverse("evaluation:score_card_export", args=[card.pk, name]) for name in EXPORTED),
        reverse("evaluation:scoring_run_detail", args=[card.run.pk]),
        reverse("evaluation:scoring_run_progress", args=[card.run.pk]),
    ]


def test_members_see_cards(card: ScoreCard, member: Callable[..., User], client: Client) -> None:
    for role in ("manager", "researcher", "coordinator", "statistician"):
        client.force_login(member(role))
        assert {page: client.get(page).status_code for page in pages(card)} == dict.fromkeys(pages(card), 200), role
        may_score = role in ("manager", "researcher")
        assert client.get(reverse("evaluation:score_new")).status_code == (200 if may_score else 404)


def test_others_see_nothing(card: ScoreCard, stranger: User, reader_user: User, client: Client) -> None:
    client.force_login(stranger)
    for page in pages(card)[:3]:
        assert b"made" not in client.get(page, {"card": card.pk}).content.replace(b"made from", b"")
    assert [client.get(page).status_code for page in pages(card)[3:]] == [404] * 9
    client.force_login(reader_user)
    assert [client.get(page).status_code for page in pages(card)] == [404] * 12
    client.logout()
    assert [client.get(page).status_code for page in pages(card)] == [302] * 12


def test_the_card_says_what_it_is_and_refuses_in_words(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    page = client.get(card.get_absolute_url()).content.decode()
    assert "differ measurably from the reference" in page and "4.5 times" in page
    assert "more diverse than the reference" in page and "AUROC 0.90" in page
    assert page.count("phantoms</span>") >= 1 and "numbers say nothing about radiographs of people" in page
    assert "Needs at least 5 prompts." in page and "Needs at least 10 images with the finding." in page
    assert f"/images/{card.neighbours['wall'][0]['image']}/thumbnail.png" in page
    assert "No statement on: Prompt alignment, Privacy" in page
    assert "style=" not in page and "<script>" not in page


def test_scores_that_are_refused_for_one_reason_are_named_together() -> None:
    refused = [
        Score(metric="near_duplicates", refused="No training set."),
        Score(metric="vendi_score", refused="Too few."),
        Score(metric="authenticity", refused="No training set."),
    ]
    section = Section("privacy", "Privacy", [], [], refused)
    titles = [score.title for score in refused]
    assert section.refusals == [("No training set.", [titles[0], titles[2]]), ("Too few.", [titles[1]])]


def test_figures_that_are_drawn_at_once_look_as_when_drawn_alone(full_card: ScoreCard) -> None:
    """A web process draws in several threads, and matplotlib's settings are the whole process's."""
    scores = list(full_card.scores.all())
    asked = [(name, outlined) for name in ("intervals", "radar") for outlined in (True, False)]
    alone = [draw(name, scores, outlined=outlined) for name, outlined in asked]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: draw(one[0], scores, outlined=one[1]), asked * 2))
    assert together == alone * 2


def test_only_figures_with_data_are_shown_each_with_table_and_downloads(
    card: ScoreCard, full_card: ScoreCard, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    for one, expected in ((card, {"intervals", "findings"}), (full_card, set(FIGURES))):
        page = client.get(one.get_absolute_url()).content.decode()
        assert {name for name in FIGURES if figure(one, name) in page} == expected
        for name in expected:
            assert all(f"{figure(one, name, extension)}" in page for extension in ("svg", "png", "csv"))
            assert FIGURES[name].header[0] in page
        for name in set(FIGURES) - expected:
            assert client.get(figure(one, name)).status_code == 404
    assert client.get(figure(card, "nothing")).status_code == 404
    assert client.get(figure(card, "intervals", "exe")).status_code == 404


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_as_svg_png_and_csv(
    name: str, full_card: ScoreCard, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    drawn, again = (client.get(figure(full_card, name)) for _ in range(2))
    assert drawn["Content-Type"] == "image/svg+xml" and drawn.content == again.content
    ElementTree.fromstring(drawn.content)
    saved = client.get(figure(full_card, name, "png"), {"download": ""})
    assert saved.content.startswith(b"\x89PNG") and saved["Content-Disposition"].endswith(f'{name}.png"')
    lines = client.get(figure(full_card, name, "csv")).content.decode().splitlines()
    assert lines[0] == ",".join(FIGURES[name].header) and len(lines) > 1


def test_every_part_of_a_full_card_is_on_its_page(full_card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    page = client.get(full_card.get_absolute_url()).content.decode()
    assert "rad-dino" in page and "sex=F" in page and "sex: largest gap" in page
    assert "flagged as a copy" in page and "ratio 0.40" in page
    assert "Gone metric" in page and "No sign of remembered training images (copies" in page
    assert "above sex=F, more than chance explains" in page
    assert "Vendi score, finding by finding" in page


def test_a_kernel_distance_below_0_is_explained(card: ScoreCard, researcher: User, client: Client) -> None:
    below = MetricResult("kernel_distance", "lower", 100, "jackknife", -0.08, -0.11, -0.05)
    other = store(card.synthetic, card.reference, [below])
    client.force_login(researcher)
    explained = [b"below 0 means that no difference was found" in client.get(c.get_absolute_url()).content
                 for c in (card, other)]  # fmt: skip
    assert explained == [False, True]


def test_the_wall_is_ordered_by_any_number_that_each_image_has(
    full_card: ScoreCard, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    position = full_card.scores.get(metric="frechet_distance", space="").position
    page = client.get(full_card.get_absolute_url(), {"wall": position}).content.decode()
    wall = page[page.index('id="wall"') :]
    rows = [str(item.image_id) for item in full_card.synthetic.items.order_by("image__sha256")]
    places = [wall.index(image) for image in rows]
    assert places == sorted(places, reverse=True)  # the last row has the largest number
    assert "percentile 100" in wall and "percentile 0" in wall
    assert client.get(full_card.get_absolute_url(), {"wall": "; drop"}).status_code == 200


def test_the_list_searches_filters_sorts_and_says_what_to_do(
    card: ScoreCard, researcher: User, stranger: User, client: Client
) -> None:
    address = reverse("evaluation:score_card_list")
    client.force_login(researcher)
    page = client.get(address, {"q": "made drawn"}).content
    assert b"made</a>" in page and b">differs</span>" in page and b">more diverse</span>" in page
    assert b"No card fits" in client.get(address, {"q": "nothing like it"}).content
    assert b"made</a>" in client.get(address, {"reference": card.reference_id}).content
    for key in ("made", "-frechet_distance", "auroc", "synthetic", "; drop"):
        assert client.get(address, {"sort": key}).status_code == 200
    client.force_login(stranger)
    assert b"No score cards yet" in client.get(address).content


def test_a_finished_run_sends_the_page_to_its_card(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    address = reverse("evaluation:scoring_run_progress", args=[card.run.pk])
    answer = client.get(address, headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == card.get_absolute_url()


def test_only_those_who_may_score_stop_a_run(
    sets: tuple[ImageSet, ImageSet], stranger: User, statistician: User, researcher: User, client: Client
) -> None:
    run = ScoringRun.objects.create(
        workspace=sets[0].workspace, synthetic=sets[0], reference=sets[1], extractor="random-densenet"
    )
    address = reverse("evaluation:scoring_run_cancel", args=[run.pk])
    for user, status in ((None, 302), (stranger, 404), (statistician, 404), (researcher, 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.post(address).status_code == status
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_the_api_is_closed_to_others(
    card: ScoreCard, researcher: User, statistician: User, stranger: User, reader_user: User, client: Client
) -> None:
    addresses = [f"/api/v1/score-cards/{card.pk}/", f"/api/v1/scoring-runs/{card.run.pk}/"]
    assert [client.get(address).status_code for address in addresses] == [401, 401]
    for user, status in ((researcher, 200), (statistician, 200), (stranger, 404), (reader_user, 403)):
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [status, status]
    client.force_login(researcher)
    assert len(client.get(addresses[0]).json()["scores"]) == 8
    body = {"synthetic": str(card.synthetic_id), "reference": str(card.reference_id), "extractor": "random-densenet"}
    for user, status in ((statistician, 403), (stranger, 400), (reader_user, 403)):
        client.force_login(user)
        assert client.post("/api/v1/scoring-runs/", body, content_type="application/json").status_code == status
