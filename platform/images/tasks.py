"""Work in the background."""

from jobs.tasks import cpu_task


@cpu_task
def import_images(run_id: str) -> None:
    """Import one folder or archive."""
    from images.models import ImportRun
    from images.services import run_import

    run_import(ImportRun.objects.get(pk=run_id))
