"""From two image sets to a stored score card."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from django.core.exceptions import ValidationError

from accounts.models import User, Workspace
from audit.models import Event
from evaluation.features.base import gather
from evaluation.features.random_densenet import open_random_densenet
from evaluation.features.registry import EXTRACTORS
from evaluation.metrics import METRICS
from evaluation.metrics.sides import mirrored_halves
from evaluation.models import FeatureRow, FeatureShard, Score, ScoreCard, ScoringRun
from evaluation.samples import load_pixels, load_set
from evaluation.services import cancel_scoring, run_scoring, start_scoring
from images.models import ImageSet
from images.services import ItemRow, create_image_set
from jobs.heartbeat import kept_alive
from jobs.models import RunState
from jobs.sharing import PieceState

from .conftest import MakeSet

pytestmark = pytest.mark.django_db


QUICK = ("frechet_distance", "kernel_distance")


def score(synthetic: ImageSet, reference: ImageSet, user: User | None = None, **options: object) -> ScoringRun:
    options = {"extractor": "random-densenet", "metrics": QUICK, **options}
    run = start_scoring(synthetic=synthetic, reference=reference, user=user, queue=False, **options)
    run_scoring(run)
    run.refresh_from_db()
    return run


def test_two_phantom_sets_make_a_card_with_every_metric(phantom_set: MakeSet, researcher: User) -> None:
    synthetic, reference = phantom_set("made", 48, source="synthetic"), phantom_set("drawn", 50, 1000)
    run = score(synthetic, reference, researcher, metrics=())
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
    files = set(FeatureShard.objects.values_list("key", flat=True))
    second = score(*sets).card
    fields = ("metric", "finding", "value", "low", "high", "n", "refused")
    assert list(first.scores.values_list(*fields)) == list(second.scores.values_list(*fields))
    assert set(FeatureShard.objects.values_list("key", flat=True)) == files
    assert second.run.steps.count() == 2  # the plan and the measuring: there was nothing to look at


def test_an_identical_distribution_is_not_told_apart(phantom_set: MakeSet) -> None:
    run = score(phantom_set("made", 40, source="synthetic"), phantom_set("drawn", 40, 1000))
    kernel = run.card.scores.get(metric="kernel_distance")
    assert kernel.low < 0.5 * abs(kernel.high) and math.isfinite(kernel.value)


def test_small_sets_are_refused_score_by_score(phantom_set: MakeSet) -> None:
    run = score(phantom_set("made", 4, source="synthetic"), phantom_set("drawn", 6, 1000), metrics=())
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
    monkeypatch.setattr("evaluation.services.working.SMALLEST_STEP", 4)
    sets = phantom_set("made", 8, source="synthetic"), phantom_set("drawn", 8, 1000)
    from evaluation.services import working

    sound, seen = working.load_pixels, []

    def load(file: str) -> object:
        seen.append(file)
        if len(seen) == 7:
            raise MemoryError
        return sound(file)

    monkeypatch.setattr(working, "load_pixels", load)
    broken = score(*sets)
    assert broken.state == RunState.FAILED and "MemoryError" in broken.error
    assert FeatureShard.objects.count() == 1 and not ScoreCard.objects.exists() and not Score.objects.exists()
    first = set(seen[:4])
    seen.clear()
    seen.extend([""] * 10)  # past the breaking point
    assert score(*sets).state == RunState.SUCCEEDED
    assert not first & set(seen) and FeatureShard.objects.count() == 4 and FeatureRow.objects.count() == 16


def test_a_run_cancelled_between_stages_leaves_no_card(
    phantom_set: MakeSet, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)
    run = start_scoring(
        synthetic=sets[0], reference=sets[1], extractor="random-densenet", metrics=QUICK, user=None, queue=False
    )
    monkeypatch.setattr(
        "evaluation.scoring.describe_neighbours", lambda *_: cancel_scoring(run=run, user=researcher) or {}
    )
    run_scoring(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED and not ScoreCard.objects.exists() and not Score.objects.exists()
    assert FeatureRow.objects.count() == 48  # the features stay, for the next run


def test_a_step_whose_workers_keep_dying_fails_the_run(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 4, source="synthetic"), phantom_set("drawn", 4, 1000)
    run = start_scoring(synthetic=sets[0], reference=sets[1], extractor="random-densenet", user=None, queue=False)
    run.steps.update(state=PieceState.QUEUED, attempt=3)
    run_scoring(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED and "Workers died 3 times" in run.error


def test_several_networks_a_training_set_and_chosen_metrics(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)
    learnt = phantom_set("learnt", 24, 2000)
    also = [("random-densenet", "1"), ("random-densenet", "2")]
    run = score(*sets, also=also, training=learnt, metrics=("frechet_distance", "auroc"))
    assert run.state == RunState.SUCCEEDED, run.error
    spaces = {(one.metric, one.space) for one in run.card.scores.all()}
    distances = {("frechet_distance", space) for space in ("", "random-densenet 1", "random-densenet 2")}
    assert distances <= spaces and {metric for metric, _ in spaces} == {"frechet_distance", "auroc"}
    assert {space for metric, space in spaces if metric == "auroc"} == {""}
    values = run.card.scores.filter(metric="frechet_distance").values_list("value", flat=True)
    assert len(set(values)) == 3
    facts = run.card.provenance
    assert facts["training"]["digest"] == learnt.digest and facts["settings"]["metrics"] == [
        "frechet_distance",
        "auroc",
    ]
    assert [one["space"] for one in facts["networks"]] == ["", "random-densenet 1", "random-densenet 2"]
    for one in facts["networks"]:
        assert len(one["fingerprint"]) == len(one["weights_sha256"]) == 64 and one["preprocessing"] and one["precision"]
    assert facts["libraries"]["torch"] and FeatureRow.objects.count() == 3 * 72


def test_metrics_come_by_subgroup(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 60, source="synthetic"), phantom_set("drawn", 60, 1000)
    run = score(*sets, metrics=("frechet_distance",), subgroups=("finding",))
    assert run.state == RunState.SUCCEEDED, run.error
    assert run.card.provenance["settings"]["subgroups"] == ["finding"]
    assert any(one.subgroup.startswith("finding") for one in run.card.scores.all())


def test_a_network_that_reads_gets_every_caption_once(phantom_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def texts(network: object, captions: list[str]) -> torch.Tensor:
        read.extend(captions)
        rows = [np.random.default_rng(len(caption)).normal(size=52) for caption in captions]
        return torch.tensor(np.array(rows), dtype=torch.float32)

    kind = replace(
        EXTRACTORS["random-densenet"],
        name="reader",
        open=lambda weights: replace(open_random_densenet(weights), name="reader", texts=texts),
    )
    monkeypatch.setitem(EXTRACTORS, "reader", kind)
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 24, 1000)
    run = score(*sets, also=[("reader", "")], training=phantom_set("learnt", 24, 5000))
    assert run.state == RunState.SUCCEEDED, run.error
    captions = {item.caption for one in sets for item in one.items.all()}
    assert sorted(read) == sorted(captions)
    score(*sets, also=[("reader", "")])
    assert len(read) == len(captions)


def test_prompts_that_name_a_side_are_judged_on_mirrored_halves(phantom_set: MakeSet, workspace: Workspace) -> None:
    drawn = phantom_set("drawn", 24, 1000)
    sentences = ("Left pleural effusion.", "Right pleural effusion.", "No finding.")
    rows = [
        ItemRow(item.image, f"prompt-{number % 12}", sentences[number % 3], ("Effusion",) if number % 3 < 2 else ())
        for number, item in enumerate(phantom_set("plain", 24).items.select_related("image"))
    ]
    made = create_image_set(workspace=workspace, name="made", source="synthetic", rows=rows)
    run = score(made, drawn, metrics=("side_agreement",))
    assert run.state == RunState.SUCCEEDED, run.error
    loaded = load_set(made, run.networks, halves=True)
    sided = loaded.sample.sided_probabilities
    assert sided is not None and sided.shape == (24, 2, 7)
    named = [row.caption != "No finding." for row in loaded.rows]
    assert np.isfinite(sided).all(axis=(1, 2)).tolist() == named
    first = named.index(True)
    halves = mirrored_halves(load_pixels(loaded.rows[first].file))
    expected = gather(open_random_densenet(""), [np.ascontiguousarray(half) for half in halves]).probabilities
    np.testing.assert_allclose(sided[first], expected, rtol=1e-5)
    kept = FeatureRow.objects.count()
    score(made, drawn, metrics=("side_agreement",))
    assert FeatureRow.objects.count() == kept


@pytest.mark.django_db(transaction=True)
def test_a_long_computation_keeps_its_run_alive(phantom_set: MakeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.heartbeat.SECONDS", 0.01)
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


@pytest.mark.real_data
def test_halves_of_a_real_dataset_are_alike(shared_data: object, workspace: Workspace, load_real: Callable) -> None:
    first, second = load_real(60)
    run = score(first, second, metrics=(*QUICK, "precision", "recall"))
    card = run.card
    assert run.state == RunState.SUCCEEDED and not card.is_phantom
    kernel, distance = (card.scores.get(metric=m) for m in ("kernel_distance", "frechet_distance"))
    assert kernel.low <= 0.2 * distance.value and distance.low > -distance.value
    assert card.scores.get(metric="recall").value > 0.5
