"""Starting and cancelling reconstruction runs."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from evaluation.models import ReconstructionRun
from generation.models import Checkpoint
from images.models import ImageSet


@transaction.atomic
def start_reconstruction(
    *, checkpoint: Checkpoint, originals: ImageSet, user: User | None, name: str = "", queue: bool = True
) -> ReconstructionRun:
    """Queue the reconstruction of every image of a set; with queue=False the caller works on the run.

    Raises ValidationError, by field, where checkpoint and set are of different workspaces.
    """
    if checkpoint.workspace_id != originals.workspace_id:
        raise ValidationError({"originals": "Checkpoint and images must lie in the same workspace."})
    run = ReconstructionRun(
        workspace=checkpoint.workspace,
        created_by=user,
        checkpoint=checkpoint,
        originals=originals,
        name=name.strip() or f"{originals.name} through {checkpoint.name}"[:200],
        total=originals.count,
    )
    run.clean_fields(exclude=["workspace", "created_by", "checkpoint", "originals", "image_set"])
    run.save(force_insert=True)
    details = {"checkpoint": checkpoint.digest, "originals": originals.digest}
    record(workspace=run.workspace, actor=user, action="reconstruction.start", target=run, details=details)
    if queue:
        publish_reconstruction(run)
    return run


def publish_reconstruction(run: ReconstructionRun) -> None:
    """Publish the run's work once the transaction has ended."""
    from evaluation.reconstruction.tasks import reconstruct

    transaction.on_commit(lambda: reconstruct.delay(str(run.pk)))


@transaction.atomic
def cancel_reconstruction(*, run: ReconstructionRun, user: User | None) -> None:
    """Ask a run to stop; no image set is made of what it has."""
    if not run.is_finished:
        run.request_cancel()
        record(workspace=run.workspace, actor=user, action="reconstruction.cancel", target=run, details={})
