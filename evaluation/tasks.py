"""Background work of this app."""

from evaluation.models import ScoringRun
from evaluation.services import run_scoring
from jobs.tasks import gpu_task


@gpu_task
def score(run_id: str) -> None:
    """Run one scoring run."""
    run_scoring(ScoringRun.objects.select_related("synthetic", "reference", "workspace", "created_by").get(pk=run_id))
