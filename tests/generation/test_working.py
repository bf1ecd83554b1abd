"""A run's way from the queue to its image set, whatever happens on it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User, Workspace
from audit.models import Event
from generation import pipelines, working
from generation.models import GeneratedImage, GenerationChunk, GenerationRun, Prompt
from generation.services import cancel_generation, import_prompt_set, republish_generation, start_generation
from generation.working import finalise, make_chunk, work_on
from images.models import ImageSet
from jobs.models import Cancelled, RunState
from jobs.services import sweep_runs
from jobs.sharing import PieceState
from tests.generation.helpers import SETTINGS, checkpoint_row, prompt_set_row, run_row


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run ids published so far, instead of a broker."""
    published: list[str] = []
    monkeypatch.setattr("generation.tasks.generate_chunk.delay", published.append)
    return published


def test_a_run_makes_an_image_set(
    workspace: Workspace,
    researcher: User,
    tiny_checkpoint: Path,
    messages: list[str],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = run_row(workspace, tiny_checkpoint, researcher)
    assert messages == [str(run.pk)]  # one chunk, one message
    work_on(run)
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (RunState.SUCCEEDED, 4, 4)
    image_set = run.image_set
    assert image_set is not None
    assert (image_set.source, image_set.is_phantom, image_set.count) == ("synthetic", False, 4)
    items = list(image_set.items.order_by("position"))
    assert [item.group for item in items] == ["prompt-0000", "prompt-0000", "prompt-0001", "prompt-0001"]
    assert (items[0].caption, items[0].findings) == ("Left effusion.", ["Effusion"])
    assert (items[0].age, items[0].sex, items[0].view) == (64, "F", "PA")
    assert sorted(run.pictures.values_list("seed", flat=True)) == [7, 8, 9, 10]
    assert run.environment["torch"] and run.environment["prompts_cut"] == 0
    actions = set(Event.objects.filter(workspace=workspace).values_list("action", flat=True))
    assert {"checkpoint.registered", "prompt_set.imported", "generation.started", "generation.finished"} <= actions


def test_pixels_do_not_depend_on_batch_size_or_chunks(workspace: Workspace, tiny_checkpoint: Path) -> None:
    prompts = prompt_set_row(workspace, data=b"prompt\n" + b"".join(b"effusion %d\n" % n for n in range(9)))
    checkpoint = checkpoint_row(workspace, tiny_checkpoint)
    digests = set()
    for batch_size in (1, 4, 64):
        run = start_generation(
            checkpoint=checkpoint, prompt_set=prompts, user=None, **{**SETTINGS, "batch_size": batch_size}
        )
        while not run.is_finished:
            work_on(run)
        assert run.image_set is not None
        digests.add(run.image_set.digest)
    assert len(digests) == 1


def test_the_same_request_gives_the_same_pictures_in_two_runs(workspace: Workspace, tiny_checkpoint: Path) -> None:
    first, second = (run_row(workspace, tiny_checkpoint) for _ in range(2))
    for run in (first, second):
        work_on(run)
    assert GeneratedImage.objects.count() == 8
    assert list(first.pictures.values_list("image_id")) == list(second.pictures.values_list("image_id"))


def test_what_a_dead_worker_kept_is_not_made_again(
    workspace: Workspace, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_row(workspace, tiny_checkpoint)
    keep = working.keep

    class Killed(BaseException):
        """Like a kill: nothing in the worker catches it."""

    def keep_then_die(run: GenerationRun, prompt: Prompt, number: int, pixels: np.ndarray) -> None:
        keep(run, prompt, number, pixels)
        if number == 1:
            raise Killed

    monkeypatch.setattr(working, "keep", keep_then_die)
    with pytest.raises(Killed):
        work_on(run)
    assert run.pictures.count() == 2
    kept = list(run.pictures.order_by("position").values_list("pk", flat=True))

    monkeypatch.setattr(working, "keep", keep)
    run.refresh_from_db()
    work_on(run)
    assert run.pictures.count() == 2  # the chunk's heartbeat is fresh: it is left alone
    GenerationChunk.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    assert run.pictures.count() == 4
    assert list(run.pictures.order_by("position").values_list("pk", flat=True))[:2] == kept


def test_a_silent_run_is_published_again_by_the_sweeper(
    workspace: Workspace,
    tiny_checkpoint: Path,
    messages: list[str],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    run = run_row(workspace, tiny_checkpoint)
    run.begin()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_runs() == 0
    long_ago = timezone.now() - timedelta(hours=1)
    GenerationRun.objects.update(heartbeat_at=long_ago, published_at=long_ago)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_runs() == 1
    assert messages == [str(run.pk)]
    # Still nobody there: the next message waits longer and longer.
    with django_capture_on_commit_callbacks(execute=True):
        sweep_runs()
    assert messages == [str(run.pk)]
    run.refresh_from_db()
    republish_generation(run)
    assert not run.is_overdue


def test_workers_that_die_again_and_again_end_the_run(workspace: Workspace, tiny_checkpoint: Path) -> None:
    run = run_row(workspace, tiny_checkpoint)
    run.chunks.update(attempt=3)
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "died 3 times" in run.error


def test_two_workers_never_get_the_same_chunk(workspace: Workspace, tiny_checkpoint: Path) -> None:
    prompts = prompt_set_row(workspace, data=b"prompt\n" + b"".join(b"p%d\n" % n for n in range(20)))
    run = run_row(workspace, tiny_checkpoint, prompt_set=prompts)
    first, second, third, none = (GenerationChunk.claim_next(run) for _ in range(4))
    assert first and second and third
    assert (first.start, first.stop, second.start) == (0, 16, 16)
    assert none is None
    first.release()
    again = GenerationChunk.claim_next(run)
    assert again is not None and (again.pk, again.attempt) == (first.pk, 1)


def test_a_worker_whose_chunk_was_taken_away_stops(workspace: Workspace, tiny_checkpoint: Path) -> None:
    run = run_row(workspace, tiny_checkpoint)
    run.begin()
    slow = GenerationChunk.claim_next(run)
    assert slow is not None
    GenerationChunk.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert GenerationChunk.claim_next(run) is not None
    with pytest.raises(Cancelled):
        make_chunk(run, slow)
    slow.finish(environment={})
    assert run.chunks.get().state == PieceState.RUNNING


def test_cancelling_stops_between_pictures_and_keeps_what_is_made(
    workspace: Workspace, researcher: User, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_row(workspace, tiny_checkpoint, researcher)
    keep = working.keep

    def keep_then_cancel(run: GenerationRun, prompt: Prompt, number: int, pixels: np.ndarray) -> None:
        keep(run, prompt, number, pixels)
        cancel_generation(run=GenerationRun.objects.get(pk=run.pk), user=researcher)

    monkeypatch.setattr(working, "keep", keep_then_cancel)
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert run.pictures.count() == 1
    assert not ImageSet.objects.exists()
    assert run.chunks.get().state == PieceState.QUEUED
    work_on(run)  # a message that comes late does nothing
    assert run.pictures.count() == 1


def test_cancelling_a_queued_run_is_immediate(workspace: Workspace, researcher: User, tiny_checkpoint: Path) -> None:
    run = run_row(workspace, tiny_checkpoint, researcher)
    cancel_generation(run=run, user=researcher)
    work_on(run)
    run.refresh_from_db()
    assert (run.state, run.pictures.count()) == (RunState.CANCELLED, 0)


def test_the_image_set_is_made_once(workspace: Workspace, tiny_checkpoint: Path) -> None:
    run = run_row(workspace, tiny_checkpoint)
    work_on(run)
    for _ in range(2):
        finalise(run)
        work_on(run)
    assert ImageSet.objects.count() == 1
    assert Event.objects.filter(action="generation.finished").count() == 1


def test_pictures_with_the_same_pixels_come_once_into_the_set(workspace: Workspace, tiny_checkpoint: Path) -> None:
    prompts = prompt_set_row(workspace, data=b"prompt\nsame\n")
    run = run_row(workspace, tiny_checkpoint, prompt_set=prompts)
    run.begin()
    for number in range(2):
        working.keep(run, prompts.prompts.get(), number, np.full((32, 32), 9, np.uint8))
    GenerationChunk.objects.update(state=PieceState.DONE)
    work_on(run)
    run.refresh_from_db()
    assert run.image_set is not None
    assert run.image_set.count == 1
    assert "1 of them had exactly the same pixels" in run.image_set.description


def test_files_changed_after_registration_fail_the_run(
    workspace: Workspace, checkpoint_copy: Callable[[], Path]
) -> None:
    folder = checkpoint_copy()
    run = run_row(workspace, folder)
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text() + "\n")
    pipelines._kept.clear()
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "not those that were registered" in run.error


def test_a_folder_that_is_gone_fails_the_run(workspace: Workspace, checkpoint_copy: Callable[[], Path]) -> None:
    folder = checkpoint_copy()
    run = run_row(workspace, folder)
    folder.rename(folder.with_name("elsewhere"))
    pipelines._kept.clear()
    work_on(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "not on this worker" in run.error


def test_prompts_too_long_for_the_encoder_are_counted(workspace: Workspace, tiny_checkpoint: Path) -> None:
    prompts = prompt_set_row(workspace, data=b"prompt\n" + b"long words " * 10 + b"\n")
    run = run_row(workspace, tiny_checkpoint, prompt_set=prompts)
    work_on(run)
    run.refresh_from_db()
    assert run.environment["prompts_cut"] == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seeds_per_prompt": 0}, "seeds_per_prompt"),
        ({"seeds_per_prompt": 1_001}, "seeds_per_prompt"),
        ({"steps": 0}, "steps"),
        ({"guidance": -1.0}, "guidance"),
        ({"size": 33}, "size"),
        ({"batch_size": 0}, "batch_size"),
        ({"seed": -1}, "seed"),
        ({"scheduler": "magic"}, "scheduler"),
    ],
)
def test_settings_that_cannot_be_served_start_nothing(
    workspace: Workspace, tiny_checkpoint: Path, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        run_row(workspace, tiny_checkpoint, **changes)
    assert list(caught.value.message_dict) == [field]
    assert not GenerationRun.objects.exists()


def test_prompts_of_another_workspace_are_refused(
    workspace: Workspace, other_workspace: Workspace, tiny_checkpoint: Path
) -> None:
    foreign = import_prompt_set(workspace=other_workspace, name="x", data=b"prompt\na\n", user=None)
    with pytest.raises(ValidationError, match="same workspace"):
        run_row(workspace, tiny_checkpoint, prompt_set=foreign)
