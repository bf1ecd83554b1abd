"""Background work of this app."""

from evaluation.models import CardReport, ScoringRun, StepKind
from evaluation.pairing.tasks import compare_cards_paired
from evaluation.reconstruction.tasks import reconstruct
from evaluation.services import publish_scoring, work_on
from evaluation.services.reports import make_report
from evaluation.services.runs import LANES
from evaluation.usefulness.tasks import train_usefulness
from jobs.tasks import cpu_task, gpu_task

__all__ = ["compare_cards_paired", "reconstruct", "score", "set_report", "train_usefulness"]


@gpu_task
def score(run_id: str) -> None:
    """Do one free step of a scoring run, then pass the message on; the plan's steps go to several workers at once."""
    sets = ("synthetic", "reference", "training", "workspace", "created_by")
    run = ScoringRun.objects.select_related(*sets).get(pk=run_id)
    step = work_on(run)
    if step is not None:
        publish_scoring(run, LANES if step.kind == StepKind.PLAN else 1)


@cpu_task
def set_report(report_id: str) -> None:
    """Set the PDF report of a score card."""
    report = CardReport.objects.filter(pk=report_id).first()
    if report is not None:
        make_report(report)
