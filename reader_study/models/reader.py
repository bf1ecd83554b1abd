"""Who reads, by which invitation, and what is shown when: the design, as rows that never change."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from reader_study import chance
from reader_study.models.case import Case
from reader_study.models.study import Study


class ReaderQuerySet(models.QuerySet["Reader"]):
    """Readers."""

    def with_progress(self) -> Self:
        """Adds `total`, `answered` (presentations with a whole answer) and `last_reading_at`."""
        whole = Q(presentations__readings__complete=True, presentations__readings__late=False)
        return self.annotate(
            total=Count("presentations", distinct=True),
            answered=Count("presentations", filter=whole, distinct=True),
            last_reading_at=Max("presentations__readings__created_at"),
        )


class Reader(models.Model):
    """One person in one study, under a code. Made by the invitation; `user` is set when the link is first used."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="readerships"
    )
    code = models.CharField(max_length=60)
    group = models.CharField("reader group, such as residents", max_length=60, blank=True)
    label = models.CharField("who it is, for the coordinator", max_length=200, blank=True)
    simulated = models.BooleanField(default=False)
    seed = models.CharField("seed of the order", max_length=64)
    max_run = models.PositiveIntegerField("longest run of one class in the order")
    min_lag = models.PositiveIntegerField("shortest distance of a repeat")
    enrolled_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_hash = models.CharField("SHA-256 of the text consented to", max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReaderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["study", "code"], name="one_reader_per_code"),
            models.UniqueConstraint(fields=["study", "user"], name="one_reader_per_user"),
        ]

    def __str__(self) -> str:
        return self.code


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def usable(self) -> Self:
        """Neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=chance.now())


class Invitation(models.Model):
    """A personal link. Only the SHA-256 of its secret is stored."""

    # Known to the object that made the link, for as long as it lives, and to nobody else.
    secret: str = ""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation of {self.reader}"

    @property
    def path(self) -> str:
        """The link's path; only the object that made the link knows it."""
        if not self.secret:
            raise ValueError("The secret of a link is known only when it is made.")
        return reverse("reader_study:follow_link", args=[self.secret])

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= chance.now()


class PresentationQuerySet(models.QuerySet["Presentation"]):
    """Presentations."""

    def with_done(self) -> Self:
        """Adds `done`: whether a whole answer was given."""
        return self.annotate(done=_has_whole_answer())

    def read(self) -> Self:
        """Those with a whole answer."""
        return self.filter(_has_whole_answer())

    def waiting(self) -> Self:
        """Those without one."""
        return self.filter(~_has_whole_answer())


def _has_whole_answer() -> Exists:
    from reader_study.models.reading import Reading

    return Exists(Reading.objects.filter(presentation=OuterRef("pk"), complete=True, late=False))


class Presentation(models.Model):
    """One case shown to one reader at one position, under an address that says nothing."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="presentations")
    position = models.PositiveIntegerField("position, from 0")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="presentations")
    token = models.CharField(max_length=64, unique=True)
    arm = models.CharField("reading condition, where there are several", max_length=60, blank=True)
    is_repeat = models.BooleanField(default=False)
    repeat_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeats")
    block = models.PositiveIntegerField("stretch between two breaks, from 0", default=0)

    objects = PresentationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["reader", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["reader", "position"], name="one_presentation_per_position"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="presentation_never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} #{self.position}"
