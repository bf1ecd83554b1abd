"""Background work of paired comparisons."""

from evaluation.models import PairedComparison
from evaluation.pairing.services import publish_paired
from evaluation.pairing.working import run_paired
from jobs.tasks import cpu_task


@cpu_task
def compare_cards_paired(run_id: str) -> None:
    """One turn at a comparison."""
    run = PairedComparison.objects.with_cards().get(pk=run_id)
    if run_paired(run):
        publish_paired(run)
