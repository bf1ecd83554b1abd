"""The long work of reader studies."""

from jobs.tasks import cpu_task
from reader_study.models import AnalysisRun, RenditionRun
from reader_study.services import run_analysis, run_rendition


@cpu_task
def prepare_cases(run_id: str) -> None:
    """Choose and render the cases of a draft."""
    run = RenditionRun.objects.filter(pk=run_id).first()
    if run is not None:
        run_rendition(run)


@cpu_task
def analyse_reads(run_id: str) -> None:
    """Analyse the reads of an unsealed study."""
    run = AnalysisRun.objects.filter(pk=run_id).first()
    if run is not None:
        run_analysis(run)
