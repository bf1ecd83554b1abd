"""A run: long work as a row, with its state, progress, heartbeat, attempts and error."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import WorkspaceModel


class Cancelled(Exception):
    """Somebody asked for this run to stop; raised at the next heartbeat."""


class RunState(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def stale_before() -> Any:
    """The moment before which a heartbeat means that its worker is dead."""
    return timezone.now() - timedelta(seconds=settings.RUN_STALE_SECONDS)


class Run(WorkspaceModel):
    """Long work. Every change of state is one conditional UPDATE, so two workers never both own a run."""

    # Shown by pages; subclasses say what the run makes.
    verb: ClassVar[str] = "Running"

    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED, db_index=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    environment = models.JSONField(default=dict, blank=True)

    class Meta(WorkspaceModel.Meta):
        abstract = True

    def claim(self) -> bool:
        """Take the run: True for exactly one caller, when it is queued or its worker's heartbeat is stale."""
        free = Q(state=RunState.QUEUED) | Q(state=RunState.RUNNING, heartbeat_at__lt=stale_before())
        now = timezone.now()
        taken = (
            self._rows()
            .filter(free, cancel_requested=False)
            .update(state=RunState.RUNNING, attempt=F("attempt") + 1, heartbeat_at=now, error="")
        )
        if taken:
            self._rows().filter(started_at=None).update(started_at=now)
            self.refresh_from_db()
        return bool(taken)

    def beat(self, *, done: int | None = None, total: int | None = None, message: str | None = None) -> None:
        """Say that the worker lives, and how far it is.

        Raises:
            Cancelled: when somebody asked for the run to stop, or another worker owns it by now.
        """
        changes: dict[str, Any] = {"done": done, "total": total, "message": message and message[:300]}
        changes = {name: value for name, value in changes.items() if value is not None}
        mine = self._rows().filter(state=RunState.RUNNING, cancel_requested=False, attempt=self.attempt)
        if not mine.update(heartbeat_at=timezone.now(), **changes):
            raise Cancelled
        for name, value in changes.items():
            setattr(self, name, value)

    def succeed(self) -> bool:
        """Finish well; False when the run was finished or cancelled by somebody else."""
        return self._finish(RunState.SUCCEEDED, done=F("total"))

    def fail(self, error: str) -> bool:
        """Finish with the reason, written for the person who started the run."""
        return self._finish(RunState.FAILED, error=error)

    def cancelled(self) -> bool:
        """Finish as cancelled."""
        return self._finish(RunState.CANCELLED)

    def request_cancel(self) -> None:
        """Ask for the run to stop: at once when no worker has it, else at its next heartbeat."""
        self._rows().filter(state__in=UNFINISHED).update(cancel_requested=True)
        self._rows().filter(state=RunState.QUEUED).update(state=RunState.CANCELLED, finished_at=timezone.now())
        self.refresh_from_db()

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in UNFINISHED

    @property
    def fraction(self) -> float:
        """Share done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def eta(self) -> timedelta | None:
        """Time left at the pace so far; None while there is nothing to go by."""
        if self.is_finished or not self.started_at or not 0 < self.fraction < 1:
            return None
        return (timezone.now() - self.started_at) * (1 / self.fraction - 1)

    def _rows(self) -> models.QuerySet[Any]:
        return type(self)._base_manager.filter(pk=self.pk)

    def _finish(self, state: RunState, **changes: Any) -> bool:
        finished = (
            self._rows()
            .filter(state__in=UNFINISHED)
            .update(state=state, finished_at=timezone.now(), heartbeat_at=None, **changes)
        )
        self.refresh_from_db()
        return bool(finished)
