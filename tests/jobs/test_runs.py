"""A run: claimed once, kept alive by its heartbeat, brought back when its worker dies, honest about why it failed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User, Workspace
from images.models import ImportRun
from jobs.models import Cancelled, RunState
from jobs.registry import kinds, register
from jobs.services import sweep_runs


@pytest.fixture
def run(workspace: Workspace, researcher: User) -> ImportRun:
    return ImportRun.objects.create(workspace=workspace, created_by=researcher)


@pytest.fixture
def requeued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the runs that the sweeper put back."""
    ids: list[str] = []
    before = [kind for kind in kinds() if kind.model is ImportRun]
    register(ImportRun, lambda run: ids.append(str(run.pk)))
    yield ids
    for kind in before:
        register(kind.model, kind.requeue)


def age(run: ImportRun, **columns: object) -> None:
    """Make a run look as if its worker died an hour ago."""
    ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1), **columns)


def test_two_workers_cannot_both_claim(run: ImportRun) -> None:
    other = ImportRun.objects.get(pk=run.pk)
    assert run.claim() and not other.claim()
    assert (run.state, run.attempt) == (RunState.RUNNING, 1)


def test_a_stale_run_is_claimed_again_and_its_first_worker_learns_it(run: ImportRun) -> None:
    run.claim()
    age(run)
    second = ImportRun.objects.get(pk=run.pk)
    assert second.claim() and second.attempt == 2
    with pytest.raises(Cancelled):
        run.beat(done=1)
    second.beat(done=1)


def test_progress_and_eta(run: ImportRun) -> None:
    run.claim()
    run.beat(done=1, total=4, message="image 1 of 4")
    run.refresh_from_db()
    assert (run.fraction, run.message, run.is_finished) == (0.25, "image 1 of 4", False)
    assert run.eta is not None and run.eta > timedelta(0)
    run.succeed()
    assert (run.state, run.fraction, run.eta) == (RunState.SUCCEEDED, 1.0, None)


def test_a_queued_run_is_cancelled_at_once_and_a_running_one_at_its_next_beat(
    run: ImportRun, workspace: Workspace
) -> None:
    waiting = ImportRun.objects.create(workspace=workspace)
    waiting.request_cancel()
    assert waiting.state == RunState.CANCELLED and not waiting.claim()
    run.claim()
    run.request_cancel()
    assert run.state == RunState.RUNNING
    with pytest.raises(Cancelled):
        run.beat()
    assert run.cancelled() and run.is_finished


def test_what_is_finished_stays_so(run: ImportRun) -> None:
    run.claim()
    run.fail("the disk is full")
    assert not run.succeed() and not run.claim()
    assert (run.state, run.error) == (RunState.FAILED, "the disk is full")
    run.request_cancel()
    assert run.state == RunState.FAILED and not run.cancel_requested


def test_the_sweeper_brings_back_the_dead_and_leaves_the_living(
    run: ImportRun, workspace: Workspace, requeued: list[str]
) -> None:
    living = ImportRun.objects.create(workspace=workspace)
    living.claim()
    run.claim()
    age(run)
    sweep_runs()
    assert requeued == [str(run.pk)]


def test_a_run_whose_message_was_lost_is_published_again(run: ImportRun, requeued: list[str]) -> None:
    ImportRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=1))
    sweep_runs()
    assert requeued == [str(run.pk)]


def test_after_three_attempts_the_run_fails_and_says_why(run: ImportRun, requeued: list[str]) -> None:
    run.claim()
    age(run, attempt=3)
    sweep_runs()
    run.refresh_from_db()
    assert requeued == [] and run.state == RunState.FAILED
    assert "stopped 3 times" in run.error


def test_a_cancellation_that_no_worker_saw_is_carried_out(run: ImportRun, requeued: list[str]) -> None:
    run.claim()
    run.request_cancel()
    age(run)
    sweep_runs()
    run.refresh_from_db()
    assert requeued == [] and run.state == RunState.CANCELLED


def test_every_task_goes_to_the_queue_it_was_declared_for() -> None:
    from config import celery_app

    celery_app.loader.import_default_modules()
    queues = {
        name: celery_app.amqp.router.route({}, name)["queue"].name
        for name in celery_app.tasks
        if not name.startswith("celery.")
    }
    assert queues["jobs.tasks.sweep"] == "cpu"
    assert queues["generation.tasks.generate_chunk"] == "gpu"
    assert set(queues.values()) == {"cpu", "gpu"}
