"""A heartbeat beside a computation that takes longer than a heartbeat may be late."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from jobs.models import Run, RunState

SECONDS = 10.0


@contextmanager
def kept_alive(run: Run) -> Iterator[None]:
    """Renews the run's heartbeat from another thread until the block is left, while this attempt owns the run."""
    stop = threading.Event()
    thread = threading.Thread(target=_pulse, args=(run, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _pulse(run: Run, stop: threading.Event) -> None:
    mine = type(run)._base_manager.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)
    try:
        while not stop.wait(SECONDS):
            mine.update(heartbeat_at=timezone.now())
    finally:
        connection.close()
