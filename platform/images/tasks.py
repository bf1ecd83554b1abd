"""Work in the background."""

from jobs.tasks import cpu_task


@cpu_task
def import_images(run_id: str) -> None:
    """Import one folder or archive, or a turn's worth of it."""
    from images.models import ImportRun
    from images.services import requeue, run_import
    from images.services.importing import TURN_SECONDS

    run = ImportRun.objects.get(pk=run_id)
    if run_import(run, seconds=TURN_SECONDS):
        requeue(run)
