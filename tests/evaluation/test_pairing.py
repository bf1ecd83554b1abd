"""Paired comparisons: what may be compared, what a run finds, who may start one."""

from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from evaluation import cache
from evaluation.features.base import Extraction
from evaluation.models import PairedComparison, ScoreCard
from evaluation.pairing.services import start_paired, why_not
from evaluation.pairing.working import run_paired
from images.models import ImageSet
from images.services import ItemRow, create_image_set, store_image
from jobs.models import RunState

from .card_maker import FACTS, plain_results, store

pytestmark = pytest.mark.django_db
FINGERPRINT = "f" * 64
NETWORK = {**FACTS["extractor"], "classes": [], "thresholds": [], "reads_text": False, "space": ""}


def noise_set(workspace: Workspace, name: str, seed: int, prompts: int = 12, shift: float = 0.0) -> ImageSet:
    """Two images of noise a prompt, whose features are normal about `shift` and kept as if a network had seen them."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(2 * prompts):
        image = store_image(workspace=workspace, pixels=rng.integers(0, 255, (32, 32), dtype=np.uint8))
        rows.append(ItemRow(image, f"prompt-{number // 2}"))
    made = create_image_set(workspace=workspace, name=name, source="synthetic", rows=rows)
    digests = [row.image.sha256 for row in rows]
    features = (rng.normal(size=(len(rows), 3)) + shift).astype(np.float32)
    cache.keep(FINGERPRINT, digests, lambda: Extraction(features, np.empty((len(rows), 0), np.float32)))
    return made


def card_of(image_set: ImageSet, reference: ImageSet, **facts: Any) -> ScoreCard:
    return store(image_set, reference, plain_results(), {**FACTS, "networks": [{**NETWORK, **facts}]})


@pytest.fixture
def cards(workspace: Workspace) -> tuple[ScoreCard, ScoreCard]:
    """The first is of the reference's distribution, the other far from it."""
    reference = noise_set(workspace, "reference", 1)
    near = card_of(noise_set(workspace, "near", 2), reference)
    return near, card_of(noise_set(workspace, "far", 3, shift=2.0), reference)


def test_a_run_says_which_is_worse_with_interval_and_adjusted_p(
    cards: tuple[ScoreCard, ScoreCard], researcher: User, client: Client
) -> None:
    first, other = cards
    run = start_paired(
        first=first, other=other, primary=["frechet_distance"], also=["kernel_distance"], user=researcher, queue=False
    )
    assert not run_paired(PairedComparison.objects.with_cards().get(pk=run.pk))
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED, run.error
    frechet, kernel = run.results
    assert (frechet["metric"], frechet["verdict"], frechet["primary"]) == ("frechet_distance", "worse", True)
    assert frechet["low"] > 0 and frechet["p_adjusted"] < 0.05
    assert kernel["primary"] is False and kernel["p_adjusted"] is None
    client.force_login(researcher)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "Same prompts, same seeds" in page and ">worse</span>" in page and "exploratory" in page
    found = client.get(f"/api/v1/paired-comparisons/{run.pk}/").json()
    assert found["state"] == "succeeded" and len(found["results"]) == 2


def test_lost_features_end_the_run_with_the_reason(cards: tuple[ScoreCard, ScoreCard]) -> None:
    first, other = cards
    run = start_paired(first=first, other=other, primary=["frechet_distance"], user=None, queue=False)
    cache.FeatureRow.objects.all().delete()
    run_paired(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED and "not kept any more" in run.error


def test_only_cards_of_the_same_prompts_reference_and_extractor_are_paired(
    cards: tuple[ScoreCard, ScoreCard], workspace: Workspace
) -> None:
    first, other = cards
    assert why_not(first, other) == ""
    fewer = card_of(noise_set(workspace, "fewer", 4, prompts=10), first.reference)
    assert "same prompts" in why_not(first, fewer)
    elsewhere = card_of(other.synthetic, noise_set(workspace, "another reference", 5))
    assert "different reference sets" in why_not(first, elsewhere)
    assert "no extractor in common" in why_not(first, card_of(other.synthetic, first.reference, fingerprint="0" * 64))
    assert "same images" in why_not(first, first)
    with pytest.raises(ValidationError, match="Not on both cards"):
        start_paired(first=first, other=other, primary=["nonsense"], user=None, queue=False)
    with pytest.raises(ValidationError, match="at least one"):
        start_paired(first=first, other=other, primary=[], user=None, queue=False)


def test_those_who_may_score_start_and_stop_it_others_do_not(
    cards: tuple[ScoreCard, ScoreCard],
    researcher: User,
    statistician: User,
    stranger: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evaluation.pairing.services.publish_paired", lambda run: None)
    first, other = cards
    body = {"first": str(first.pk), "other": str(other.pk), "primary": ["frechet_distance"]}
    for user, status in ((None, 302), (stranger, 404), (statistician, 404), (researcher, 302)):
        client.logout()
        if user:
            client.force_login(user)
        assert client.post(reverse("evaluation:paired_start"), body).status_code == status
    run = PairedComparison.objects.get()
    assert (run.first, run.other, run.created_by) == (first, other, researcher)
    assert client.get(reverse("evaluation:paired_progress", args=[run.pk])).status_code == 200
    assert b"Stop the comparison" in client.get(run.get_absolute_url()).content
    client.force_login(stranger)
    assert client.post(reverse("evaluation:paired_cancel", args=[run.pk])).status_code == 404
    client.force_login(researcher)
    client.post(reverse("evaluation:paired_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    made = client.post("/api/v1/paired-comparisons/", body, content_type="application/json")
    assert made.status_code == 201 and made.json()["state"] == "queued"
    client.force_login(statistician)
    assert client.post("/api/v1/paired-comparisons/", body, content_type="application/json").status_code == 403
    client.force_login(stranger)
    assert client.post("/api/v1/paired-comparisons/", body, content_type="application/json").status_code == 400
