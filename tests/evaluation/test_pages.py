"""The pages and endpoints of scoring, as everyone who may knock."""

import json
import uuid
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from evaluation.metrics.result import Estimate, MetricResult
from evaluation.models import Score, ScoreCard, ScoringRun
from evaluation.services import start_scoring, store_card
from images.models import ImageSet
from jobs.models import RunState

from .conftest import MakeSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def sets(phantom_set: MakeSet) -> tuple[ImageSet, ImageSet]:
    return phantom_set("made", 3, source="synthetic"), phantom_set("drawn", 3, 1000)


@pytest.fixture
def run(sets: tuple[ImageSet, ImageSet]) -> ScoringRun:
    return start_scoring(synthetic=sets[0], reference=sets[1], extractor="random-densenet", user=None, queue=False)


@pytest.fixture
def card(run: ScoringRun) -> ScoreCard:
    run.claim()
    items = list(run.synthetic.items.all())
    picture = {"image": str(items[0].image_id), "caption": "An effusion.", "findings": [], "distance": 2.0}
    neighbours = {
        "strangest": [{**picture, "neighbours": [picture]}],
        "wall": [picture],
        "synthetic_median": 2.0,
        "real_median": 1.0,
        "real_95": 3.0,
    }
    real = Estimate(1.5, 1.0, 2.0, 50, "halves", {"plug_in": 2.0, "synthetic_plug_in_at_this_n": 9.0})
    results = (
        MetricResult("frechet_distance", "lower", 100, "jackknife", 6.0, 5.0, 7.0, baseline=real, baseline_label="real vs real"),
        MetricResult("kernel_distance", "lower", 100, "jackknife", 0.2, 0.1, 0.3),
        MetricResult("vendi_score", "match", 100, "jackknife", 4.0, 3.0, 5.0, baseline=real, baseline_label="real images"),
        MetricResult("auroc", "higher", 100, "DeLong", 0.9, 0.85, 0.95),
        MetricResult("auroc", "higher", 100, "DeLong", 0.9, 0.8, 0.96, "Effusion"),
        MetricResult("balanced_accuracy", "higher", 100, "Newcombe", 0.8, 0.7, 0.9, "Effusion"),
        MetricResult("auroc", "higher", 100, "", finding="Mass", refused="Needs at least 10 images with the finding."),
        MetricResult("ms_ssim_within_prompt", "match", 100, "", refused="Needs at least 5 prompts."),
    )
    facts = {"extractor": {"weights": "0"}, "libraries": {"numpy": "2"}, "settings": {"seed": 0}}
    made = store_card(run=run, results=results, provenance=facts, neighbours=neighbours)
    assert made
    return made


def pages(card: ScoreCard) -> list[str]:
    names = ("score_card_detail", "score_card_csv", "score_card_json")
    return [
        reverse("evaluation:score_card_list"),
        *(reverse(f"evaluation:{name}", args=[card.pk]) for name in names),
        reverse("evaluation:score_card_figure", args=[card.pk, "intervals"]),
        reverse("evaluation:score_card_figure", args=[card.pk, "findings"]),
        reverse("evaluation:scoring_run_detail", args=[card.run.pk]),
        reverse("evaluation:scoring_run_progress", args=[card.run.pk]),
    ]


@pytest.mark.parametrize("role", ["manager", "researcher", "coordinator", "statistician"])
def test_members_see_cards(card: ScoreCard, member: Callable[..., User], client: Client, role: str) -> None:
    client.force_login(member(role))
    assert [client.get(page).status_code for page in pages(card)] == [200] * 8
    may_score = role in ("manager", "researcher")
    assert client.get(reverse("evaluation:score_new")).status_code == (200 if may_score else 404)


def test_others_see_nothing(card: ScoreCard, stranger: User, reader_user: User, client: Client) -> None:
    client.force_login(stranger)
    assert b"made" not in client.get(pages(card)[0]).content
    assert [client.get(page).status_code for page in pages(card)[1:]] == [404] * 7
    client.force_login(reader_user)
    assert [client.get(page).status_code for page in pages(card)] == [404] * 8
    client.logout()
    assert [client.get(page).status_code for page in pages(card)] == [302] * 8


def test_only_those_who_may_score_stop_a_run(
    run: ScoringRun, stranger: User, statistician: User, researcher: User, client: Client
) -> None:
    address = reverse("evaluation:scoring_run_cancel", args=[run.pk])
    for user, status in ((None, 302), (stranger, 404), (statistician, 404), (researcher, 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.post(address).status_code == status
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_the_card_says_what_it_is_and_refuses_in_words(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    page = client.get(card.get_absolute_url()).content.decode()
    assert "differ measurably from the reference" in page and "4.5 times" in page
    assert "more diverse than the reference" in page and "AUROC 0.90" in page
    assert page.count("phantoms</span>") >= 1 and "numbers say nothing about radiographs of people" in page
    assert "Needs at least 5 prompts." in page and "Needs at least 10 images with the finding." in page
    assert f"/images/{card.neighbours['wall'][0]['image']}/thumbnail.png" in page
    assert "style=" not in page and "<script>" not in page


def test_figures_are_svg_and_stay_the_same(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    for page in pages(card)[4:6]:
        first, second = client.get(page), client.get(page)
        assert first["Content-Type"] == "image/svg+xml" and first.content == second.content
        ElementTree.fromstring(first.content)
    assert client.get(pages(card)[4].replace("intervals", "nothing")).status_code == 404


def test_downloads_hold_every_score(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    lines = client.get(pages(card)[2]).content.decode().splitlines()
    assert len(lines) == 1 + Score.objects.filter(card=card).count() and lines[0].startswith("metric,finding,value")
    document = json.loads(client.get(pages(card)[3]).content)
    assert document["phantoms"] is True and len(document["scores"]) == 8


def test_the_list_searches_filters_sorts_and_says_what_to_do(
    card: ScoreCard, researcher: User, stranger: User, client: Client
) -> None:
    address = reverse("evaluation:score_card_list")
    client.force_login(researcher)
    assert b"made</a>" in client.get(address, {"q": "made drawn"}).content
    assert b"No card fits" in client.get(address, {"q": "nothing like it"}).content
    assert b"made</a>" in client.get(address, {"reference": card.reference_id}).content
    for key in ("made", "-frechet_distance", "auroc", "synthetic", "; drop"):
        assert client.get(address, {"sort": key}).status_code == 200
    client.force_login(stranger)
    assert b"No score cards yet" in client.get(address).content


def test_a_finished_run_sends_the_page_to_its_card(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    answer = client.get(pages(card)[7], headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == card.get_absolute_url()


def test_the_form_starts_a_run(
    sets: tuple[ImageSet, ImageSet], researcher: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[ScoringRun] = []
    monkeypatch.setattr("evaluation.services.queue_scoring", queued.append)
    client.force_login(researcher)
    data = {"synthetic": sets[0].pk, "reference": sets[1].pk, "network": "random-densenet:", "seed": 7}
    answer = client.post(reverse("evaluation:score_new"), data)
    run = ScoringRun.objects.get()
    assert answer.status_code == 302 and answer["Location"] == run.get_absolute_url()
    assert (run.seed, run.created_by, queued) == (7, researcher, [run])
    assert b"Stop this run" in client.get(run.get_absolute_url()).content


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(
    phantom_set: MakeSet, researcher: User, client: Client
) -> None:
    client.force_login(researcher)
    one, two = phantom_set("single", 1, source="synthetic"), phantom_set("one more", 1, 1000)
    data = {"synthetic": one.pk, "reference": two.pk, "network": "random-densenet:", "seed": 31}
    answer = client.post(reverse("evaluation:score_new"), data)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "needs at least 2 images in each set; single has 1." in page and 'value="31"' in page
    answer = client.post(reverse("evaluation:score_new"), {**data, "network": "xrv-densenet:/etc"})
    assert answer.status_code == 400 and not ScoringRun.objects.exists()


def test_the_api_starts_follows_and_cancels_runs(
    sets: tuple[ImageSet, ImageSet], researcher: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.services.queue_scoring", lambda run: None)
    client.force_login(researcher)
    body = {"synthetic": str(sets[0].pk), "reference": str(sets[1].pk), "extractor": "random-densenet", "weights": "3"}
    answer = client.post("/api/v1/scoring-runs/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    run = answer.json()
    assert run["state"] == "queued" and run["card"] is None
    assert client.get(f"/api/v1/scoring-runs/{run['id']}/").json()["weights"] == "3"
    assert client.post(f"/api/v1/scoring-runs/{run['id']}/cancel/").json()["state"] == "cancelled"


def test_the_api_answers_bad_requests_with_problems(phantom_set: MakeSet, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    one, two = phantom_set("single", 1), phantom_set("other", 1, 1000)
    body = {"synthetic": str(one.pk), "reference": str(two.pk), "extractor": "random-densenet"}
    wrong = (
        ({}, "at least 2 images"),
        ({"extractor": "nothing"}, "not offered here"),
        ({"extractor": "xrv-densenet", "weights": "/etc"}, "not offered here"),
        ({"synthetic": str(uuid.uuid4())}, "does not exist"),
    )
    for change, words in wrong:
        answer = client.post("/api/v1/scoring-runs/", {**body, **change}, content_type="application/json")
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    assert not ScoringRun.objects.exists()


def test_the_api_is_closed_to_others(
    card: ScoreCard, researcher: User, statistician: User, stranger: User, reader_user: User, client: Client
) -> None:
    addresses = [f"/api/v1/score-cards/{card.pk}/", f"/api/v1/scoring-runs/{card.run.pk}/"]
    assert [client.get(address).status_code for address in addresses] == [401, 401]
    expected = ((researcher, 200), (statistician, 200), (stranger, 404), (reader_user, 403))
    for user, status in expected:
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [status, status]
    client.force_login(researcher)
    assert len(client.get(addresses[0]).json()["scores"]) == 8
    body = {"synthetic": str(card.synthetic_id), "reference": str(card.reference_id), "extractor": "random-densenet"}
    for user, status in ((statistician, 403), (stranger, 400), (reader_user, 403)):
        client.force_login(user)
        assert client.post("/api/v1/scoring-runs/", body, content_type="application/json").status_code == status
