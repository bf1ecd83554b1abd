"""Runs that several workers share: cut into pieces, each in the hands of one worker at a time."""

from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from jobs.models import Cancelled, Run, RunState, stale_before


class SharedRun(Run):
    """A run whose work is done piece by piece, by any workers that are free."""

    published_at = models.DateTimeField(null=True, editable=False)

    class Meta(Run.Meta):
        abstract = True

    def begin(self) -> None:
        """Mark a queued run as running; a run that runs already stays as it is, for its other workers' sake."""
        now = timezone.now()
        self._rows().filter(state=RunState.QUEUED, cancel_requested=False).update(
            state=RunState.RUNNING, attempt=1, started_at=now, heartbeat_at=now
        )
        self.refresh_from_db()

    @property
    def is_overdue(self) -> bool:
        """Whether its messages should be published again: nobody has worked for a while.

        The waits grow with the silence, so that a site without workers does not fill its queue.
        """
        now = timezone.now()
        silence = now - (self.heartbeat_at or self.created_at)
        return self.published_at is None or now - self.published_at >= silence / 2


class PieceState(models.TextChoices):
    """Where a piece stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class PieceQuerySet(models.QuerySet[Any]):
    """Pieces of shared runs."""

    def unfinished(self) -> Self:
        """Pieces that somebody has or should have in hand."""
        return self.exclude(state=PieceState.DONE)

    def free(self) -> Self:
        """Pieces that may be taken: nobody has them, or their worker is dead."""
        return self.filter(Q(state=PieceState.QUEUED) | Q(state=PieceState.RUNNING, heartbeat_at__lt=stale_before()))


class Piece(models.Model):
    """A piece of a run; subclasses have the foreign key `run`, an order, and `objects` of PieceQuerySet."""

    state = models.CharField(max_length=8, choices=PieceState.choices, default=PieceState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    @transaction.atomic
    def claim_next(cls, run: Run) -> Self | None:
        """Take the first piece of the run that is free; None when there is none.

        Two workers never get the same one: the row is locked, and locked rows are skipped.
        """
        rows: Any = cls._default_manager
        piece: Self | None = rows.filter(run=run).free().select_for_update(skip_locked=True, of=("self",)).first()
        if piece is None:
            return None
        piece.state, piece.heartbeat_at, piece.attempt = PieceState.RUNNING, timezone.now(), piece.attempt + 1
        piece.save(update_fields=["state", "heartbeat_at", "attempt"])
        return piece

    @property
    def is_hopeless(self) -> bool:
        """Whether this attempt is one too many."""
        return self.attempt > settings.RUN_MAX_ATTEMPTS

    def beat(self, **changes: Any) -> None:
        """Say that the worker lives, and what has changed. Raises Cancelled when another worker has the piece by now."""
        if not self.mine().update(heartbeat_at=timezone.now(), **changes):
            raise Cancelled

    def finish(self, **changes: Any) -> None:
        """All of it is kept."""
        self.mine().update(state=PieceState.DONE, heartbeat_at=None, **changes)

    def release(self) -> None:
        """Give it back, unblamed: this worker has done its share for now."""
        self.mine().update(state=PieceState.QUEUED, heartbeat_at=None, attempt=F("attempt") - 1)

    def mine(self) -> PieceQuerySet:
        """This piece, while this attempt of it has it in hand."""
        rows: Any = type(self)._default_manager
        mine: PieceQuerySet = rows.filter(pk=self.pk, state=PieceState.RUNNING, attempt=self.attempt)
        return mine
