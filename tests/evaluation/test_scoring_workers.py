"""kill -9 of real workers on the real broker and database: no half score, no image looked at in vain, one card."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings
from kombu import Connection

from accounts.models import Workspace
from audit.models import Event
from evaluation.models import FeatureRow, FeatureShard, Score, ScoreCard, ScoringRun, StepKind
from evaluation.services import run_scoring, start_scoring
from evaluation.tasks import score
from images.models import ImageSet
from images.services import ItemRow, create_image_set, store_image
from jobs.models import RunState
from jobs.services import sweep_runs
from jobs.sharing import PieceState
from tests.generation import workers
from tests.generation.workers import Worker, broker_url, empty_queue

STALE_SECONDS = 3
PATIENCE = 400
# Enough work for a kill to hit a worker in it.
IMAGES = 200
ALSO = [("random-densenet", "1"), ("random-densenet", "2")]


def publish(run_id: str) -> None:
    """What `score.delay` does, to the tests' own broker."""
    with Connection(broker_url()) as broker:
        score.apply_async([run_id], connection=broker)


@pytest.fixture
def start_worker(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Worker]]:
    """Starts workers; those that are left are killed at the end."""
    settings.RUN_STALE_SECONDS = STALE_SECONDS
    monkeypatch.setattr(workers, "BROKER_DATABASE", 8)
    monkeypatch.setattr("evaluation.tasks.score.delay", publish)
    empty_queue()
    started: list[Worker] = []

    def start(name: str) -> Worker:
        started.append(Worker(tmp_path / f"{name}.log", stale_seconds=STALE_SECONDS))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def noise_set(workspace: Workspace) -> Callable[[str, int], ImageSet]:
    """`noise_set("name", seed)`: images of smooth noise, two to a group."""

    def make(name: str, seed: int) -> ImageSet:
        draw = np.random.default_rng(seed)
        rows = []
        for number in range(IMAGES):
            pixels = np.kron(draw.integers(0, 256, (16, 16), dtype=np.uint8), np.ones((16, 16), dtype=np.uint8))
            rows.append(ItemRow(store_image(workspace=workspace, pixels=pixels), f"group-{number // 2}"))
        return create_image_set(workspace=workspace, name=name, source="real", rows=rows)

    return make


def wait_for(run: ScoringRun, reached: Callable[[], bool], logs: Path, *, sweep: bool = False) -> None:
    """Wait until `reached`, sweeping as the beat process does."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "\n".join(log.read_text() for log in logs.glob("*.log"))
        time.sleep(0.02)
        if sweep:
            sweep_runs()
        run.refresh_from_db()
        assert run.state != RunState.FAILED, run.error


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run_and_both_are_killed(
    noise_set: Callable[[str, int], ImageSet], start_worker: Callable[[str], Worker], tmp_path: Path
) -> None:
    sets = {"synthetic": noise_set("made", 0), "reference": noise_set("real", 1)}
    asked = {**sets, "extractor": "random-densenet", "also": ALSO, "user": None}
    first, second = start_worker("first"), start_worker("second")
    run = start_scoring(**asked)
    looked_at = run.steps.filter(kind=StepKind.IMAGES)

    wait_for(run, lambda: looked_at.filter(state=PieceState.RUNNING).count() == 2, tmp_path)
    first.kill()
    assert run.state == RunState.RUNNING and not ScoreCard.objects.exists() and not Score.objects.exists()
    measuring = run.steps.filter(kind=StepKind.MEASURE, state=PieceState.RUNNING)
    wait_for(run, lambda: measuring.exists(), tmp_path, sweep=True)
    second.kill()
    run.refresh_from_db()
    assert run.state == RunState.RUNNING and not ScoreCard.objects.exists() and not Score.objects.exists()
    start_worker("third")
    wait_for(run, lambda: run.is_finished, tmp_path, sweep=True)

    assert run.state == RunState.SUCCEEDED
    assert looked_at.filter(attempt__gt=1).exists() and run.steps.get(kind=StepKind.MEASURE).attempt > 1
    assert FeatureRow.objects.count() == 2 * IMAGES * 3
    assert ScoreCard.objects.count() == 1 and Event.objects.filter(action="scoring.finish").count() == 1
    for name in ("first", "second"):
        assert "evaluation.tasks.score" in (tmp_path / f"{name}.log").read_text()
    drafts = [path for path in (tmp_path / "storage").rglob(".*") if path.is_file()]
    assert len(drafts) <= 2  # at most one half-written file a kill, under a name that nothing reads
    FeatureShard.objects.all().delete()
    shutil.rmtree(tmp_path / "storage" / "features")
    _same_as_undisturbed(run, asked)


def _same_as_undisturbed(run: ScoringRun, asked: dict[str, object]) -> None:
    """A run in one go, which looks at all images again, gives the same numbers."""
    again = start_scoring(**asked, metrics=["frechet_distance"], queue=False)
    run_scoring(again)
    again.refresh_from_db()
    assert again.state == RunState.SUCCEEDED, again.error
    for one in again.card.scores.all():
        disturbed = run.card.scores.get(metric=one.metric, space=one.space)
        assert disturbed.value == pytest.approx(one.value, rel=1e-3)
