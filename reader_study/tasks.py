"""The long work of reader studies."""

from jobs.tasks import cpu_task
from reader_study.models import RenditionRun
from reader_study.services import run_rendition


@cpu_task
def prepare_cases(run_id: str) -> None:
    """Choose and render the cases of a draft."""
    run = RenditionRun.objects.filter(pk=run_id).first()
    if run is not None:
        run_rendition(run)
