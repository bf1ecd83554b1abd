"""Starting and cancelling generation runs, and putting their work into the queue."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.services import record
from generation.engine import BadRequest, CheckpointFacts, Settings, check_settings
from generation.engine.facts import Part
from generation.limits import BATCH_SIZE, PICTURES_PER_RUN, SEEDS_PER_PROMPT
from generation.models import Checkpoint, CheckpointFetch, GenerationChunk, GenerationRun, PromptSet
from jobs.sharing import PieceState

#: Messages that a run has in the queue at once; each worker that takes one passes it on until nothing is left.
LANES = 8
#: Pictures of a chunk: a multiple of the engine's largest block, so that no block is half empty.
SMALLEST_CHUNK, LARGEST_CHUNK = 16, 64
LARGEST_SEED = 2**62


@transaction.atomic
def start_generation(
    *,
    checkpoint: Checkpoint,
    prompt_set: PromptSet,
    seeds_per_prompt: int,
    steps: int,
    guidance: float,
    size: int,
    batch_size: int,
    seed: int,
    user: User | None,
    name: str = "",
    height: int = 0,
    scheduler: str = "",
    negative_prompt: str = "",
) -> GenerationRun:
    """Queue a run: `seeds_per_prompt` pictures of every prompt, `size` pixels wide and, unless `height` says so, high.

    Picture number n (prompt by prompt) has the seed `seed` + n. Raises ValidationError, by field where it belongs to one.
    """
    total = prompt_set.count * seeds_per_prompt
    _check(checkpoint, prompt_set, total, seeds_per_prompt, batch_size, seed)
    run = GenerationRun(
        workspace=checkpoint.workspace,
        created_by=user,
        name=name.strip() or f"{checkpoint.name}: {prompt_set}",
        checkpoint=checkpoint,
        prompt_set=prompt_set,
        seeds_per_prompt=seeds_per_prompt,
        seed=seed,
        steps=steps,
        guidance=guidance,
        width=size,
        height=height or size,
        scheduler=scheduler,
        negative_prompt=negative_prompt.strip(),
        batch_size=batch_size,
        total=total,
    )
    _check_settings(run.settings, checkpoint)
    run.full_clean(exclude=["workspace", "created_by", "checkpoint", "prompt_set", "image_set", "environment"])
    run.save(force_insert=True)
    GenerationChunk.objects.bulk_create(_chunks(run))
    details = {"checkpoint": checkpoint.digest, "prompts": prompt_set.digest, "pictures": total, "seed": seed}
    record(workspace=run.workspace, actor=user, action="generation.started", target=run, details=details)
    publish_generation(run)
    return run


def _check(
    checkpoint: Checkpoint, prompt_set: PromptSet, total: int, seeds_per_prompt: int, batch_size: int, seed: int
) -> None:
    errors: dict[str, str] = {}
    if checkpoint.workspace_id != prompt_set.workspace_id:
        errors["prompt_set"] = "Checkpoint and prompt set must lie in the same workspace."
    if not 1 <= seeds_per_prompt <= SEEDS_PER_PROMPT:
        errors["seeds_per_prompt"] = f"Between 1 and {SEEDS_PER_PROMPT} pictures per prompt."
    elif total > PICTURES_PER_RUN:
        errors["seeds_per_prompt"] = f"That would be {total:,} pictures; a run has at most {PICTURES_PER_RUN:,}."
    if not 1 <= batch_size <= BATCH_SIZE:
        errors["batch_size"] = f"Between 1 and {BATCH_SIZE} pictures at once."
    if not 0 <= seed <= LARGEST_SEED:
        errors["seed"] = f"Between 0 and {LARGEST_SEED}."
    if errors:
        raise ValidationError(errors)


def _check_settings(settings: Settings, checkpoint: Checkpoint) -> None:
    facts = {**checkpoint.facts, "parts": tuple(Part(**part) for part in checkpoint.parts)}
    try:
        check_settings(settings, CheckpointFacts(**facts))
    except BadRequest as error:
        words = str(error)
        fields = {"Steps": "steps", "Guidance": "guidance", "Width": "size", "Unknown scheduler": "scheduler"}
        field = next(field for start, field in fields.items() if words.startswith(start))
        raise ValidationError({field: words}) from error


def _chunks(run: GenerationRun) -> list[GenerationChunk]:
    wanted = max(run.total // (4 * LANES), run.batch_size)
    size = min(max(-(-wanted // SMALLEST_CHUNK) * SMALLEST_CHUNK, SMALLEST_CHUNK), LARGEST_CHUNK)
    starts = range(0, run.total, size)
    return [
        GenerationChunk(run=run, position=position, start=start, stop=min(start + size, run.total))
        for position, start in enumerate(starts)
    ]


def publish_generation(run: GenerationRun, messages: int = LANES) -> None:
    """Put messages for the run's open chunks into the queue once the transaction is through."""
    from generation.tasks import generate_chunk

    open_chunks = run.chunks.exclude(state=PieceState.DONE).count()
    GenerationRun.objects.filter(pk=run.pk).update(published_at=timezone.now())
    for _ in range(max(1, min(messages, open_chunks))):
        transaction.on_commit(lambda: generate_chunk.delay(str(run.pk)))


def republish_generation(run: GenerationRun) -> None:
    """What the sweeper calls for a run that nobody works on: its messages were lost with a worker or a broker."""
    if run.is_overdue:
        publish_generation(run)


@transaction.atomic
def cancel_generation(*, run: GenerationRun, user: User) -> None:
    """Ask the run to stop; the pictures made so far stay on its page, and no image set is made of them."""
    if run.is_finished:
        return
    run.request_cancel()
    record(workspace=run.workspace, actor=user, action="generation.cancelled", target=run)


@transaction.atomic
def cancel_fetch(*, fetch: CheckpointFetch, user: User) -> None:
    """Ask a fetch to stop."""
    if not fetch.is_finished:
        fetch.request_cancel()
        record(workspace=fetch.workspace, actor=user, action="checkpoint_fetch.cancelled", target=fetch)
