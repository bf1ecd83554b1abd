"""Tasks of this app: each loads a row and calls one function."""

from generation.models import CheckpointFetch, GenerationRun
from jobs.tasks import cpu_task, gpu_task


@gpu_task
def generate_chunk(run_id: str) -> None:
    """Make the pictures of one free chunk of a run, then pass the message on if more are free."""
    from generation.working import work_on

    work_on(GenerationRun.objects.select_related("checkpoint", "workspace", "prompt_set").get(pk=run_id))


@cpu_task
def fetch_checkpoint_files(fetch_id: str) -> None:
    """Fetch a checkpoint from the hub and register it."""
    from generation.services import run_fetch

    run_fetch(CheckpointFetch.objects.select_related("workspace").get(pk=fetch_id))
