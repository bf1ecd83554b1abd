"""From two image sets to a stored score card."""

import json
import math
import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts.models import User, Workspace
from audit.models import Event
from evaluation.heartbeat import kept_alive
from evaluation.metrics import METRICS
from evaluation.models import ScoreCard, ScoringRun
from evaluation.services import cancel_scoring, run_scoring, start_scoring
from images.models import Image, ImageSet
from jobs.models import RunState

from .conftest import MakeSet

pytestmark = pytest.mark.django_db


def score(synthetic: ImageSet, reference: ImageSet, user: User | None = None, **options: object) -> ScoringRun:
    run = start_scoring(
        synthetic=synthetic, reference=reference, extractor="random-densenet", user=user, queue=False, **options
    )
    run_scoring(run)
    run.refresh_from_db()
    return run


def test_two_phantom_sets_make_a_card_with_every_metric(phantom_set: MakeSet, researcher: User) -> None:
    synthetic, reference = phantom_set("made", 48, source="synthetic"), phantom_set("drawn", 50, 1000)
    run = score(synthetic, reference, researcher)
    assert (run.state, run.error, run.done) == (RunState.SUCCEEDED, "", run.total)
    card = run.card
    scores = list(card.scores.all())
    assert {s.metric for s in scores} == set(METRICS)
    for one in scores:
        assert one.refused or (one.low <= one.value <= one.high and one.n > 0 and one.method)
    assert card.provenance["synthetic"]["digest"] == synthetic.digest
    assert len(card.provenance["extractor"]["fingerprint"]) == 64
    assert len(card.neighbours["strangest"]) == 8 and len(card.neighbours["strangest"][0]["neighbours"]) == 3
    distances = [one["distance"] for one in card.neighbours["strangest"]]
    assert distances == sorted(distances, reverse=True)
    assert list(Event.objects.order_by("id").values_list("action", flat=True)) == ["scoring.start", "scoring.finish"]


def test_the_same_request_gives_the_same_numbers_and_reuses_the_features(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)
    first = score(*sets).card
    shards = set(_files("features"))
    second = score(*sets).card
    fields = ("metric", "finding", "value", "low", "high", "n", "refused")
    assert list(first.scores.values_list(*fields)) == list(second.scores.values_list(*fields))
    assert set(_files("features")) == shards and len(shards) == 2


def _files(folder: str) -> list[str]:
    folders, files = default_storage.listdir(folder)
    below = [f for sub in folders for f in _files(f"{folder}/{sub}")]
    return [f"{folder}/{name}" for name in files] + below


def test_an_identical_distribution_is_not_told_apart(phantom_set: MakeSet) -> None:
    run = score(phantom_set("made", 40, source="synthetic"), phantom_set("drawn", 40, 1000))
    kernel = run.card.scores.get(metric="kernel_distance")
    assert kernel.low < 0.5 * abs(kernel.high) and math.isfinite(kernel.value)


def test_small_sets_are_refused_score_by_score(phantom_set: MakeSet) -> None:
    run = score(phantom_set("made", 4, source="synthetic"), phantom_set("drawn", 6, 1000))
    assert run.state == RunState.SUCCEEDED
    for one in run.card.scores.all():
        assert one.value is None and one.refused


@pytest.mark.parametrize("counts", [(1, 1), (1, 10), (10, 1)])
def test_a_set_of_one_image_is_refused_before_anything_is_stored(phantom_set: MakeSet, counts: tuple[int, int]) -> None:
    sets = phantom_set("made", counts[0], source="synthetic"), phantom_set("drawn", counts[1], 1000)
    with pytest.raises(ValidationError, match="at least 2 images in each set"):
        start_scoring(synthetic=sets[0], reference=sets[1], extractor="random-densenet", user=None)
    assert not ScoringRun.objects.exists() and not Event.objects.exists()


def test_a_set_is_not_scored_against_itself_or_another_workspace(
    phantom_set: MakeSet, other_workspace: Workspace
) -> None:
    one, foreign = phantom_set("made", 4), phantom_set("foreign", 4, 1000, workspace=other_workspace)
    for reference, message in ((one, "exactly the same images"), (foreign, "same workspace")):
        with pytest.raises(ValidationError, match=message):
            start_scoring(synthetic=one, reference=reference, extractor="random-densenet", user=None)


def test_missing_weights_fail_the_run_with_what_to_do(
    phantom_set: MakeSet, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run = start_scoring(
        synthetic=phantom_set("made", 4, source="synthetic"),
        reference=phantom_set("drawn", 4, 1000),
        extractor="xrv-densenet",
        weights="densenet121-res224-nih",
        user=None,
        queue=False,
    )
    run_scoring(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED and "extractors --download densenet121-res224-nih" in run.error
    assert not ScoreCard.objects.exists()


def test_a_cancelled_run_leaves_no_card(phantom_set: MakeSet, researcher: User) -> None:
    run = start_scoring(
        synthetic=phantom_set("made", 4),
        reference=phantom_set("drawn", 4, 1000),
        extractor="random-densenet",
        user=None,
    )
    cancel_scoring(run=run, user=researcher)
    run_scoring(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED and not ScoreCard.objects.exists()


def test_a_run_is_done_once(phantom_set: MakeSet) -> None:
    run = score(phantom_set("made", 4), phantom_set("drawn", 4, 1000))
    run_scoring(run)
    assert ScoreCard.objects.count() == 1


def test_a_broken_run_goes_on_where_it_ended(phantom_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.cache.SHARD", 4)
    sets = phantom_set("made", 8, source="synthetic"), phantom_set("drawn", 8, 1000)
    sound, seen = Image.load_pixels, []

    def load(image: Image) -> object:
        seen.append(image.sha256)
        if len(seen) == 7:
            raise MemoryError
        return sound(image)

    monkeypatch.setattr(Image, "load_pixels", load)
    broken = score(*sets)
    assert broken.state == RunState.FAILED and "MemoryError" in broken.error and len(_files("features")) == 1
    first = set(seen[:4])
    seen.clear()
    seen.extend([""] * 10)  # past the breaking point
    assert score(*sets).state == RunState.SUCCEEDED
    assert not first & set(seen) and len(_files("features")) == 4


@pytest.mark.django_db(transaction=True)
def test_a_long_computation_keeps_its_run_alive(phantom_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.heartbeat.SECONDS", 0.01)
    sets = phantom_set("made", 2, source="synthetic"), phantom_set("drawn", 2, 1000)
    run = start_scoring(synthetic=sets[0], reference=sets[1], extractor="random-densenet", user=None, queue=False)
    assert run.claim()
    before = run.heartbeat_at
    with kept_alive(run):
        for _ in range(500):
            run.refresh_from_db()
            if run.heartbeat_at > before:
                break
            time.sleep(0.01)
    assert run.heartbeat_at > before


def test_the_command_prints_the_card(phantom_set: MakeSet) -> None:
    phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)
    out = StringIO()
    names = ["--synthetic", "made", "--reference", "drawn", "--extractor", "random-densenet"]
    call_command("score", *names, stdout=out)
    assert "made against drawn (phantoms)" in out.getvalue() and "Fréchet distance" in out.getvalue()
    out = StringIO()
    call_command("score", *names, "--json", stdout=out)
    assert json.loads(out.getvalue())["provenance"]["reference"]["count"] == 24
    with pytest.raises(CommandError, match="no image set named 'nothing'"):
        call_command("score", "--synthetic", "nothing", "--reference", "drawn")


def test_the_command_lists_extractors() -> None:
    out = StringIO()
    call_command("extractors", stdout=out)
    assert "densenet121-res224-all" in out.getvalue() and "random-densenet" in out.getvalue()


@pytest.mark.real_data
def test_halves_of_a_real_dataset_are_alike(shared_data: object, workspace: Workspace, load_real: Callable) -> None:
    first, second = load_real(60)
    run = score(first, second)
    card = run.card
    assert run.state == RunState.SUCCEEDED and not card.is_phantom
    kernel, distance = (card.scores.get(metric=m) for m in ("kernel_distance", "frechet_distance"))
    assert kernel.low <= 0.2 * distance.value and distance.low > -distance.value
    assert card.scores.get(metric="recall").value > 0.5
