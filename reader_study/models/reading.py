"""What readers answered."""

from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from reader_study.models.reader import Presentation


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Readings."""

    def counting(self) -> Self:
        """The readings that count: of every presentation the last whole answer that came in time."""
        last = (
            Reading.objects.filter(presentation=OuterRef("presentation"), complete=True, late=False)
            .order_by("-revision")
            .values("pk")[:1]
        )
        return self.filter(pk=Subquery(last))


class Reading(models.Model):
    """One revision of an answer. Rows are only ever added; the database itself refuses anything else."""

    presentation = models.ForeignKey(Presentation, on_delete=models.PROTECT, related_name="readings")
    revision = models.PositiveIntegerField("revision, from 1")
    # Made by the browser: what is sent twice is stored once.
    key = models.UUIDField()
    answers = models.JSONField("value by question, earlier revisions included")
    complete = models.BooleanField("all required questions answered")
    # Came after the reader had gone on by more than one case, from another tab: kept, never counted.
    late = models.BooleanField(default=False)
    active_ms = models.PositiveIntegerField("time spent, without pauses", null=True)
    total_ms = models.PositiveIntegerField("time from first paint to answer", null=True)
    first_paint_ms = models.PositiveIntegerField("time from request to first paint", null=True)
    events = models.JSONField("final window and counts of tool use", default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["presentation", "revision"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["presentation", "key"], name="one_reading_per_key"),
            models.UniqueConstraint(fields=["presentation", "revision"], name="one_reading_per_revision"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["presentation"], condition=Q(complete=True, late=False), name="whole_readings"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="reading_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.presentation_id} r{self.revision}"
