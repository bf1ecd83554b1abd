"""Background work of usefulness runs."""

from evaluation.models import UsefulnessRun
from evaluation.usefulness.services import publish_usefulness
from evaluation.usefulness.working import work_on_usefulness
from jobs.tasks import gpu_task


@gpu_task
def train_usefulness(run_id: str) -> None:
    """One turn at a usefulness run, and the message for the next."""
    run = UsefulnessRun.objects.with_sets().get(pk=run_id)
    if work_on_usefulness(run):
        publish_usefulness(run)
