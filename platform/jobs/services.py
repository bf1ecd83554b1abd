"""Bringing back the work of dead workers."""

import logging

from django.conf import settings
from django.db.models import Q

from jobs.models import Run, RunState, stale_before
from jobs.registry import RunKind, kinds

logger = logging.getLogger(__name__)


def sweep_runs() -> int:
    """Requeue every run whose worker died, fail those that died too often, end those whose cancellation nobody saw.

    Also requeues runs whose message was lost before any worker saw it. Returns how many runs were touched.
    """
    return sum(_sweep_kind(kind) for kind in kinds())


def _sweep_kind(kind: RunKind) -> int:
    dead = Q(state=RunState.RUNNING, heartbeat_at__lt=stale_before())
    lost = Q(state=RunState.QUEUED, created_at__lt=stale_before())
    runs = list(kind.model._base_manager.filter(dead | lost))
    for run in runs:
        _bring_back(kind, run)
    return len(runs)


def _bring_back(kind: RunKind, run: Run) -> None:
    if run.cancel_requested:
        run.cancelled()
    elif run.attempt >= settings.RUN_MAX_ATTEMPTS:
        run.fail(
            f"The worker stopped {run.attempt} times while on this run, the last time without saying why. "
            "Look at the worker's log; a common cause is too little memory: try a smaller batch."
        )
    else:
        logger.warning("Requeueing %s %s after attempt %d", type(run).__name__, run.pk, run.attempt)
        kind.requeue(run)
