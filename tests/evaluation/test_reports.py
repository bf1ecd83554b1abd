"""The PDF report of a card: asked for on a page, set by a worker, kept while the card says the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from evaluation.exports import EXPORTS
from evaluation.models import CardReport, ScoreCard
from evaluation.services.reports import kept_report, make_report, publish_report, report_version, request_report
from evaluation.tasks import set_report
from jobs.documents import make_document
from jobs.models import RunState
from jobs.registry import kinds, register
from jobs.services import sweep_runs

from .card_maker import plain_results, store
from .conftest import MakeSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(phantom_set: MakeSet) -> ScoreCard:
    return store(phantom_set("made", 3, source="synthetic"), phantom_set("drawn", 3, 1000), plain_results())


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the reports whose work was put into the queue."""
    ids: list[str] = []
    monkeypatch.setattr(set_report, "delay", ids.append)
    return ids


def ask(card: ScoreCard, user: User | None = None) -> CardReport:
    return request_report(card=card, scores=list(card.scores.all()), user=user)


def test_asked_for_set_and_there_at_once(
    card: ScoreCard,
    client: Client,
    researcher: User,
    published: list[str],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    client.force_login(researcher)
    page, file = reverse("evaluation:score_card_report", args=[card.pk]), f"{card.get_absolute_url()}export/pdf"
    assert client.get(file)["Location"] == page and "Make the file" in client.get(page).content.decode()
    assert not CardReport.objects.exists()  # looking asks for nothing
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(page)["Location"] == page
    report = CardReport.objects.get()
    assert published == [str(report.pk)] and report.created_by == researcher
    progress = reverse("evaluation:score_card_report_progress", args=[card.pk])
    waiting = client.get(page).content.decode()
    assert progress in waiting and "Queued" in waiting and client.get(progress).status_code == 200
    set_report(published[0])
    assert client.get(progress, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "The file is ready" in client.get(page).content.decode()
    assert client.post(page)["Location"] == file and len(published) == 1
    answer = client.get(file)
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    again = ScoreCard.objects.with_sets().get(pk=card.pk)
    assert answer.content == EXPORTS["pdf"].make(again, list(again.scores.all()))
    assert client.get(f"/api/v1/score-cards/{card.pk}/export/", {"format": "pdf"}).content == answer.content


def test_a_card_that_says_something_else_is_set_again(card: ScoreCard, published: list[str]) -> None:
    make_report(ask(card))
    scores = list(card.scores.all())
    assert kept_report(card, scores) and ask(card).state == RunState.SUCCEEDED
    card.provenance = {**card.provenance, "settings": {"seed": 1}}
    card.save()
    assert kept_report(card, scores) is None
    report = ask(card)
    assert report.state == RunState.QUEUED and report.data is None and CardReport.objects.count() == 1
    make_report(report)
    assert kept_report(card, scores)


def test_whoever_sets_an_older_version_keeps_nothing(card: ScoreCard) -> None:
    report = ask(card)

    def make() -> bytes:
        CardReport.objects.get(pk=report.pk).start_over("0" * 64)
        return b"%PDF of what was"

    make_document(report, make)
    report = CardReport.objects.get()
    assert report.state == RunState.QUEUED and report.data is None and report.version == "0" * 64


def test_what_fails_says_so_and_can_be_asked_for_again(card: ScoreCard, client: Client, researcher: User) -> None:
    def broken() -> bytes:
        raise MemoryError

    make_document(ask(card), broken)
    client.force_login(researcher)
    page = client.get(reverse("evaluation:score_card_report", args=[card.pk])).content.decode()
    assert "could not be made (MemoryError)" in page and "Make the file" in page
    report = ask(card)
    assert report.state == RunState.QUEUED and not report.error


def test_a_dead_workers_report_is_set_by_another(card: ScoreCard, published: list[str]) -> None:
    report = ask(card)
    assert report.claim()
    CardReport.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    register(CardReport, publish_report)
    assert CardReport in {kind.model for kind in kinds()}
    sweep_runs()
    assert published == [str(report.pk)]
    set_report(published[0])
    report.refresh_from_db()
    assert report.state == RunState.SUCCEEDED and report.attempt == 2


def test_strangers_and_readers_see_no_report(
    card: ScoreCard, client: Client, stranger: User, member: Callable[..., User]
) -> None:
    make_report(ask(card))
    for user in (stranger, member("reader")):
        client.force_login(user)
        for name in ("score_card_report", "score_card_report_progress"):
            assert client.get(reverse(f"evaluation:{name}", args=[card.pk])).status_code == 404
        assert client.post(reverse("evaluation:score_card_report", args=[card.pk])).status_code == 404
    assert report_version(card, list(card.scores.all())) == CardReport.objects.get().version
