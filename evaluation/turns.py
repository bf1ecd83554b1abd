"""Long work in turns: a worker takes a run, does a part of it, and gives it back for the next message.

So no task comes near its time limit, and other runs get their turn. What a turn made is kept; a worker that is killed loses
only what it had in hand.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db.models import F

from jobs.heartbeat import kept_alive
from jobs.models import Cancelled, Run, RunState

logger = logging.getLogger(__name__)

#: A turn ends after the part in hand once it has lasted this long, well before a task's time limit.
TURN_SECONDS = 1_800.0
SECONDS_BETWEEN_BEATS = 0.5


class Turn:
    """One worker's turn at a run: says how far it is, and knows when to stop."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last = self._started = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether the next part should be left to the next turn."""
        return time.monotonic() - self._started > TURN_SECONDS

    def beat(self, done: int, total: int, message: str) -> None:
        """Write progress: a new message at once, else at most twice a second. Raises Cancelled as Run.beat does."""
        now = time.monotonic()
        if message != self._run.message or now - self._last > SECONDS_BETWEEN_BEATS:
            self._last = now
            self._run.beat(done=done, total=total, message=message)


def take_turn(run: Run, work: Callable[[Turn], bool], expected: tuple[type[Exception], ...]) -> bool:
    """Claim the run and work on it; True where the run was given back and needs another turn.

    work: returns whether all is done (it has then finished the run itself). Errors of the expected kinds end the run with
    their own words, any other with its name.
    """
    if not run.claim():
        return False
    try:
        with kept_alive(run):
            if work(Turn(run)):
                return False
        return _give_back(run)
    except Cancelled:
        run.refresh_from_db()
        if run.cancel_requested:
            run.cancelled()
    except expected as error:
        run.fail(" ".join(getattr(error, "messages", [str(error)])))
    except Exception as error:
        logger.exception("%s %s stopped", type(run).__name__, run.pk)
        run.fail(f"The run stopped unexpectedly ({type(error).__name__}). The worker's log has the details.")
    return False


def _give_back(run: Run) -> bool:
    mine = type(run)._base_manager.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)
    given = mine.filter(cancel_requested=False).update(
        state=RunState.QUEUED, heartbeat_at=None, attempt=F("attempt") - 1
    )
    run.refresh_from_db()
    if not given and run.cancel_requested:
        run.cancelled()
    return bool(given)
