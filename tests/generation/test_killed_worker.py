"""kill -9 of a real worker on the real broker and database: every picture once, none lost, none twice."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from audit.models import Event
from generation.engine import Request, generate_images, load_pipeline
from generation.models import GenerationRun
from images.models import ImageSet
from images.pixels import pixel_digest
from jobs.models import RunState
from jobs.services import sweep_runs
from tests.generation.helpers import prompt_set_row, run_row
from tests.generation.tiny import build_checkpoint
from tests.generation.workers import Worker, empty_queue, publish

PICTURES = 40
STALE_SECONDS = 3
PATIENCE = 400


@pytest.fixture
def start_worker(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Worker]]:
    """Starts workers; those that are left are killed at the end."""
    settings.RUN_STALE_SECONDS = STALE_SECONDS
    monkeypatch.setattr("generation.tasks.generate_chunk.delay", publish)
    empty_queue()
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(tmp_path / "worker.log", stale_seconds=STALE_SECONDS))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def wait_for(run: GenerationRun, reached: Callable[[], bool], log: Path, *, sweep: bool = False) -> None:
    """Wait until `reached` or the run is finished, sweeping as the beat process does."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
        if sweep:
            sweep_runs()
        run.refresh_from_db()
        assert run.state != RunState.FAILED, run.error


@pytest.mark.django_db(transaction=True)
def test_every_picture_comes_once_through_two_kills(
    workspace: Workspace, start_worker: Callable[[], Worker], tmp_path: Path
) -> None:
    # A wider U-Net: slow enough for a kill to hit it in its work.
    folder = build_checkpoint(tmp_path / "wide", width=48)
    prompts = prompt_set_row(workspace, data=b"prompt\n" + b"".join(b"effusion %d\n" % n for n in range(PICTURES)))
    run = run_row(workspace, folder, prompt_set=prompts, seeds_per_prompt=1, steps=20)
    log = tmp_path / "worker.log"

    for _ in range(2):
        worker = start_worker()
        before = run.pictures.count()
        wait_for(run, lambda before=before: run.pictures.count() > before, log, sweep=before > 0)
        worker.kill()
        assert run.state == RunState.RUNNING
        assert run.pictures.count() < PICTURES
    start_worker()
    wait_for(run, lambda: run.is_finished, log, sweep=True)

    assert run.state == RunState.SUCCEEDED
    assert list(run.pictures.values_list("position", flat=True)) == list(range(PICTURES))
    assert max(run.chunks.values_list("attempt", flat=True)) > 1
    assert ImageSet.objects.count() == 1
    assert Event.objects.filter(action="generation.finished").count() == 1
    requests = [Request(f"effusion {n}", run.seed + n) for n in range(PICTURES)]
    undisturbed = generate_images(load_pipeline(folder, "cpu"), requests, run.settings, 4)
    kept = run.pictures.values_list("image__sha256", flat=True)
    assert list(kept) == [pixel_digest(picture) for picture in undisturbed]
    drafts = [path for path in (tmp_path / "storage").rglob(".*") if path.is_file()]
    assert len(drafts) <= 2  # at most one half-written file a kill, under a name that nothing reads
