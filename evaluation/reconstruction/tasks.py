"""Background work of reconstruction runs."""

from evaluation.models import ReconstructionRun
from evaluation.reconstruction.services import publish_reconstruction
from evaluation.reconstruction.working import work_on_reconstruction
from jobs.tasks import gpu_task


@gpu_task
def reconstruct(run_id: str) -> None:
    """One turn at a reconstruction run, and the message for the next."""
    run = ReconstructionRun.objects.with_sets().get(pk=run_id)
    if work_on_reconstruction(run):
        publish_reconstruction(run)
