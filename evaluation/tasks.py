"""Background work of this app."""

from evaluation.models import ScoringRun, StepKind
from evaluation.services import publish_scoring, work_on
from evaluation.services.runs import LANES
from jobs.tasks import gpu_task


@gpu_task
def score(run_id: str) -> None:
    """Do one free step of a scoring run, then pass the message on; the plan's steps go to several workers at once."""
    sets = ("synthetic", "reference", "training", "workspace", "created_by")
    run = ScoringRun.objects.select_related(*sets).get(pk=run_id)
    step = work_on(run)
    if step is not None:
        publish_scoring(run, LANES if step.kind == StepKind.PLAN else 1)
