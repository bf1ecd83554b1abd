"""What a worker does for a generation run. Work happens at least once, its effects exactly once.

1. Take a chunk that is free (`GenerationChunk.claim_next`).
2. Make those of its pictures that are not kept yet; keep each one as soon as it is made, keyed (run, prompt, seed).
3. Between pictures, and every second, say that the worker lives; stop where the run was cancelled.
4. When no chunk is open any more, make the image set, once: the run's row is locked meanwhile.
5. Otherwise pass the message on.

A worker may die anywhere in this. What it kept stays, its chunk comes back when its heartbeat is stale, and the next one
makes what is missing. Pictures are the same whoever makes them, so a worker that was only slow does no harm.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit.services import record
from generation.engine import CheckpointError, GenerationError, Request
from generation.models import GeneratedImage, GenerationChunk, GenerationRun, Prompt
from generation.services.runs import publish_generation
from images.models import Source
from images.services import ItemRow, create_image_set, store_image
from jobs.models import Cancelled, RunState
from jobs.sharing import PieceState

if TYPE_CHECKING:
    from generation.engine import LoadedPipeline
    from images.pixels import Pixels

logger = logging.getLogger(__name__)

#: A chunk is given back after this long, well before the task's time limit.
PATIENCE_SECONDS = 1_800.0


def work_on(run: GenerationRun) -> None:
    """Do one chunk of `run`, and what is due afterwards. Returns when there is nothing to do."""
    run.begin()
    if run.state != RunState.RUNNING:
        return
    chunk = GenerationChunk.claim_next(run)
    if chunk is not None:
        if chunk.is_hopeless:
            run.fail(_hopeless(chunk))
            return
        if not _attempt(run, chunk):
            return
    if run.chunks.exclude(state=PieceState.DONE).exists():
        _pass_on(run)
    else:
        finalise(run)


def _attempt(run: GenerationRun, chunk: GenerationChunk) -> bool:
    """Make a chunk; whether the run goes on."""
    try:
        make_chunk(run, chunk)
    except Cancelled:
        chunk.release()
        run.refresh_from_db()
        if run.cancel_requested:
            run.cancelled()
        return False
    except (CheckpointError, GenerationError, ValidationError) as error:
        run.fail(" ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        return False
    except Exception as error:  # any other is a defect or a full machine: the run says so instead of hanging
        logger.exception("Chunk %s of run %s failed", chunk.pk, run.pk)
        run.fail(f"{type(error).__name__}: {error}"[:2000])
        return False
    return True


def _hopeless(chunk: GenerationChunk) -> str:
    return (
        f"Workers died {chunk.attempt - 1} times while making {chunk}. Look at the workers' log; a common cause is too "
        "little memory: try smaller pictures."
    )


def _pass_on(run: GenerationRun) -> None:
    """Keep the message going while chunks are free; running ones belong to others, and the sweeper sees to them."""
    if run.chunks.filter(state=PieceState.QUEUED).exists():
        publish_generation(run, messages=1)


def make_chunk(run: GenerationRun, chunk: GenerationChunk) -> None:
    """Make and keep the chunk's missing pictures. Raises Cancelled where the run was cancelled or taken away."""
    from generation.engine import describe_environment, generate_images
    from generation.pipelines import pipeline_for

    missing = missing_pictures(run, chunk)
    if not missing:
        chunk.finish(environment={})
        return
    loaded = pipeline_for(run.checkpoint, lambda: _beat(run, chunk))
    environment = describe_environment(loaded, run.settings)
    _describe(run, loaded, environment)
    requests = [Request(prompt.text, run.seed + number, run.negative_prompt) for number, prompt in missing]
    made = generate_images(loaded, requests, run.settings, run.batch_size, tick=lambda: _beat(run, chunk))
    started = time.monotonic()
    # Closing ends the engine's threads at once, also when a heartbeat raises.
    with closing(made):
        for (number, prompt), pixels in zip(missing, made):
            keep(run, prompt, number, pixels)
            _beat(run, chunk, done=run.pictures.count())
            if time.monotonic() - started > PATIENCE_SECONDS:
                chunk.release()
                return
    chunk.finish(environment=environment)


def _beat(run: GenerationRun, chunk: GenerationChunk, done: int | None = None) -> None:
    chunk.beat()
    run.beat(done=done)


def _describe(run: GenerationRun, loaded: "LoadedPipeline", environment: dict[str, Any]) -> None:
    """Keep with the run what computes it, and how many prompts are too long to be read whole; the first chunk does it."""
    from generation.engine import truncated_prompts

    if not run.environment:
        prompts = run.prompt_set.prompts.values_list("text", flat=True)
        facts = {**environment, "prompts_cut": len(truncated_prompts(loaded, prompts))}
        GenerationRun.objects.filter(pk=run.pk, environment={}).update(environment=facts)


def missing_pictures(run: GenerationRun, chunk: GenerationChunk) -> list[tuple[int, Prompt]]:
    """(picture number, prompt) of the chunk's pictures that are not kept yet, in order."""
    first, last = chunk.start // run.seeds_per_prompt, (chunk.stop - 1) // run.seeds_per_prompt
    prompts = {prompt.position: prompt for prompt in run.prompt_set.prompts.filter(position__range=(first, last))}
    kept = set(
        run.pictures.filter(position__gte=chunk.start, position__lt=chunk.stop).values_list("position", flat=True)
    )
    numbers = (number for number in range(chunk.start, chunk.stop) if number not in kept)
    return [(number, prompts[number // run.seeds_per_prompt]) for number in numbers]


def keep(run: GenerationRun, prompt: Prompt, number: int, pixels: "Pixels") -> None:
    """Store one picture under its key; doing it twice changes nothing."""
    image = store_image(workspace=run.workspace, pixels=pixels, created_by=run.created_by)
    row = GeneratedImage(run=run, prompt=prompt, seed=run.seed + number, position=number, image=image)
    GeneratedImage.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def finalise(run: GenerationRun) -> None:
    """Make the image set and finish the run; exactly one of those who come here does it."""
    locked = GenerationRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.state != RunState.RUNNING or locked.image_set_id is not None:
        return
    if locked.cancel_requested:
        locked.cancelled()
        return
    pictures = list(locked.pictures.select_related("image", "prompt").order_by("position"))
    rows, repeated = _item_rows(pictures)
    locked.image_set = create_image_set(
        workspace=locked.workspace,
        name=locked.name,
        source=Source.SYNTHETIC,
        rows=rows,
        is_phantom=locked.checkpoint.is_demo,
        description=_description(locked, len(pictures), repeated),
        provenance=_provenance(locked),
        created_by=locked.created_by,
    )
    locked.save(update_fields=["image_set"])
    locked.succeed()
    details = {"image_set": str(locked.image_set.pk), "digest": locked.image_set.digest, "pictures": len(pictures)}
    record(
        workspace=locked.workspace,
        actor=locked.created_by,
        action="generation.finished",
        target=locked,
        details=details,
    )


def _item_rows(pictures: Sequence[GeneratedImage]) -> tuple[list[ItemRow], int]:
    """Items of the image set; of pictures with exactly the same pixels the first, and how many others there were."""
    first: dict[object, GeneratedImage] = {}
    for picture in pictures:
        first.setdefault(picture.image_id, picture)
    rows = [
        ItemRow(
            image=picture.image,
            group=picture.prompt.group,
            caption=picture.prompt.text,
            findings=tuple(picture.prompt.findings),
            age=picture.prompt.age,
            sex=picture.prompt.sex,
            view=picture.prompt.view,
        )
        for picture in first.values()
    ]
    return rows, len(pictures) - len(rows)


def _description(run: GenerationRun, count: int, repeated: int) -> str:
    text = f"{count} pictures by {run.checkpoint.name}, {run.seeds_per_prompt} of each prompt of {run.prompt_set}."
    if repeated:
        text += f" {repeated} of them had exactly the same pixels as another and are left out."
    return text


def _provenance(run: GenerationRun) -> dict[str, str]:
    return {
        "Generation run": run.name,
        "url": run.get_absolute_url(),
        "Checkpoint": f"{run.checkpoint.name} ({run.checkpoint.digest})",
        "Prompt set": f"{run.prompt_set} ({run.prompt_set.digest})",
        "Settings": f"{run.steps} steps, guidance {run.guidance:g}, {run.width} x {run.height} px, "
        f"scheduler {run.scheduler or run.checkpoint.facts.get('scheduler', '')}, first seed {run.seed}",
    }
