"""What a worker does for a reconstruction run: blocks of images through the autoencoder, each image kept when it is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.services import record
from evaluation.models import ReconstructedImage, ReconstructionRun
from evaluation.scoring import environment
from evaluation.turns import Turn, take_turn
from generation.engine import CheckpointError, GenerationError
from generation.pipelines import pipeline_for
from images.models import ImageSetItem, Source
from images.pixels import ImageError, square, to_display
from images.services import ItemRow, create_image_set, store_image

# Images in memory at a time: a multiple of the engine's largest block.
AT_ONCE = 32


def work_on_reconstruction(run: ReconstructionRun) -> bool:
    """One turn at the run; whether it needs another."""
    return take_turn(
        run, lambda turn: _work(run, turn), (CheckpointError, GenerationError, ImageError, ValidationError)
    )


def run_reconstruction(run: ReconstructionRun) -> None:
    """All of it, in this process."""
    while work_on_reconstruction(run):
        pass


def _work(run: ReconstructionRun, turn: Turn) -> bool:
    kept = set(run.pictures.values_list("original_id", flat=True))
    total = run.originals.count
    missing = [item for item in run.originals.items.with_images() if item.image_id not in kept]
    for start in range(0, len(missing), AT_ONCE):
        if turn.is_over:
            return False
        _reconstruct(run, turn, missing[start : start + AT_ONCE], total - len(missing) + start)
    turn.beat(total, total, "Writing the image set")
    _finish(run)
    return True


def _reconstruct(run: ReconstructionRun, turn: Turn, items: Sequence[ImageSetItem], done: int) -> None:
    from generation.engine import reconstruct_images

    def tick() -> None:
        turn.beat(done, run.originals.count, "Encoding and decoding")

    loaded = pipeline_for(run.checkpoint, tick)
    side = int(run.checkpoint.facts["resolution"])
    pictures = [square(to_display(item.image.load_pixels()), side).astype(np.uint8, copy=False) for item in items]
    for item, pixels in zip(items, reconstruct_images(loaded, pictures, tick=tick), strict=True):
        image = store_image(workspace=run.workspace, pixels=pixels, created_by=run.created_by)
        row = ReconstructedImage(run=run, original=item.image, image=image)
        ReconstructedImage.objects.bulk_create([row], ignore_conflicts=True)


@transaction.atomic
def _finish(run: ReconstructionRun) -> None:
    """Make the image set and end the run, together; nothing where the run was ended by others."""
    if not run.succeed():
        return
    rows = _rows(run)
    run.image_set = create_image_set(
        workspace=run.workspace,
        name=run.name,
        source=Source.SYNTHETIC,
        rows=rows,
        is_phantom=run.originals.is_phantom or run.checkpoint.is_demo,
        description=f"{run.originals.name}, encoded and decoded by the autoencoder of {run.checkpoint.name}.",
        provenance={
            "Reconstruction run": run.name,
            "url": run.get_absolute_url(),
            "Checkpoint": f"{run.checkpoint.name} ({run.checkpoint.digest})",
            "Originals": f"{run.originals.name} ({run.originals.digest})",
        },
        created_by=run.created_by,
    )
    run.environment, run.message = environment(), ""
    run.save(update_fields=["image_set", "environment", "message"])
    details = {"digest": run.image_set.digest, "images": len(rows)}
    record(workspace=run.workspace, actor=run.created_by, action="reconstruction.finish", target=run, details=details)


def _rows(run: ReconstructionRun) -> list[ItemRow]:
    """One item an original, in its order; the group names the original. Of equal reconstructions the first."""
    made = {row.original_id: row.image for row in run.pictures.select_related("image")}
    rows: dict[object, ItemRow] = {}
    for item in run.originals.items.with_images():
        image = made[item.image_id]
        rows.setdefault(
            image.pk,
            ItemRow(
                image=image,
                group=f"image-{item.image.sha256}",
                caption=item.caption,
                findings=tuple(item.findings),
                age=item.age,
                sex=item.sex,
                view=item.view,
            ),
        )
    return list(rows.values())
