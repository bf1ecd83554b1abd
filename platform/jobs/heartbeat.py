"""A heartbeat beside a computation that takes longer than a heartbeat may be late."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from jobs.models import Run, RunState
from jobs.sharing import Piece

SECONDS = 10.0


@contextmanager
def kept_alive(run: Run, step: Piece | None = None) -> Iterator[None]:
    """Renews the heartbeat of the run, and of its step, from another thread while this attempt owns them."""
    stop = threading.Event()
    thread = threading.Thread(target=_pulse, args=(run, step, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _pulse(run: Run, step: Piece | None, stop: threading.Event) -> None:
    runs = type(run)._base_manager.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)
    try:
        while not stop.wait(SECONDS):
            runs.update(heartbeat_at=timezone.now())
            if step is not None:
                step.mine().update(heartbeat_at=timezone.now())
    finally:
        connection.close()
