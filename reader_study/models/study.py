"""The study itself: what is asked of whom, and where it stands."""

from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from accounts.models import WorkspaceModel, WorkspaceQuerySet
from accounts.policy import Action
from images.models import ImageSet
from reader_study import chance


class StudyState(models.TextChoices):
    """draft -> locked -> open <-> paused -> closed -> unsealed."""

    DRAFT = "draft", "Draft"
    LOCKED = "locked", "Locked"
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"
    UNSEALED = "unsealed", "Unsealed"


# What each state may become; anything else is refused.
TRANSITIONS: dict[StudyState, frozenset[StudyState]] = {
    StudyState.DRAFT: frozenset({StudyState.LOCKED}),
    StudyState.LOCKED: frozenset({StudyState.OPEN}),
    StudyState.OPEN: frozenset({StudyState.PAUSED, StudyState.CLOSED}),
    StudyState.PAUSED: frozenset({StudyState.OPEN, StudyState.CLOSED}),
    StudyState.CLOSED: frozenset({StudyState.UNSEALED}),
    StudyState.UNSEALED: frozenset(),
}


class Origin(models.TextChoices):
    """Where a study's answers come from."""

    BUILT = "built", "built and read here"
    IMPORTED = "imported", "imported readings"


FROZEN_BY_THE_LOCK = (
    "origin",
    "title",
    "reader_title",
    "instructions",
    "consent_text",
    "real_set_id",
    "synthetic_set_id",
    "settings",
    "token",
    "selection",
    "blinding_report",
    "acknowledgement",
    "protocol",
    "protocol_hash",
    "key_commitment",
    "form",
)


class StudyQuerySet(WorkspaceQuerySet["Study"]):
    """Studies, by who may see them, and with what the list of studies shows."""

    view_action = Action.VIEW_STUDIES

    def matching(self, words: str) -> Self:
        """Studies whose title has every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(title__icontains=word)
        return found

    def with_progress(self) -> Self:
        """Adds `readers_count`, `shown_total` (presentations) and `read_total` (presentations with a whole answer)."""
        whole = Q(readers__presentations__readings__complete=True, readers__presentations__readings__late=False)
        return self.annotate(
            readers_count=Count("readers", distinct=True),
            shown_total=Count("readers__presentations", distinct=True),
            read_total=Count("readers__presentations", filter=whole, distinct=True),
        )


class Study(WorkspaceModel):
    """A visual Turing test: real and synthetic pictures from two image sets, mixed, read one by one.

    `settings` is written at creation (see `design_settings`), `protocol` and `form` at the lock: `protocol` is all that
    was decided, `form` the part of it that readers' browsers get. Neither says which case is which.
    """

    title = models.CharField("title, for the team", max_length=200)
    reader_title = models.CharField("title that readers see", max_length=200)
    instructions = models.TextField("instructions for readers", blank=True)
    consent_text = models.TextField("what readers consent to", blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.BUILT, editable=False)
    # Imported readings have no pictures: these two are then empty.
    real_set = models.ForeignKey(ImageSet, on_delete=models.PROTECT, related_name="+", null=True)
    synthetic_set = models.ForeignKey(ImageSet, on_delete=models.PROTECT, related_name="+", null=True)
    settings = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=StudyState.choices, default=StudyState.DRAFT, db_index=True)
    # Part of every reader's addresses; says nothing.
    token = models.CharField(max_length=64, unique=True, default=chance.token, editable=False)

    selection = models.JSONField("how alike the two sides are", null=True, blank=True, editable=False)
    blinding_report = models.JSONField(null=True, blank=True, editable=False)
    acknowledgement = models.TextField("why it was locked in spite of the blinding report", blank=True)
    protocol = models.JSONField(null=True, blank=True, editable=False)
    protocol_hash = models.CharField(max_length=64, blank=True, editable=False)
    key_commitment = models.CharField(max_length=64, blank=True, editable=False)
    form = models.JSONField("what readers' browsers get", null=True, blank=True, editable=False)
    revealed_key = models.JSONField("key and nonce, once unsealed", null=True, blank=True, editable=False)

    locked_at = models.DateTimeField(null=True, blank=True, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    unsealed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        verbose_name_plural = "studies"
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(
                name="locked_study_is_frozen",
                operation=pgtrigger.UpdateOf(*FROZEN_BY_THE_LOCK),
                condition=~pgtrigger.Q(old__state="draft"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The study's page."""
        return reverse("reader_study:study_detail", args=[self.pk])

    def move_to(self, state: StudyState, **changes: Any) -> bool:
        """Change the state, with `changes`, if the state in the database still allows it; False if not."""
        allowed = [before for before, after in TRANSITIONS.items() if state in after]
        moved = Study.objects.filter(pk=self.pk, state__in=allowed).update(state=state, **changes)
        self.refresh_from_db()
        return bool(moved)

    @property
    def image_sets(self) -> tuple[ImageSet, ImageSet]:
        """Where the real and the synthetic pictures come from; ValueError for imported readings, which have none."""
        if self.real_set is None or self.synthetic_set is None:
            raise ValueError("Imported readings have no pictures.")
        return self.real_set, self.synthetic_set

    @property
    def is_imported(self) -> bool:
        """Whether its answers were given elsewhere and came as a file."""
        return self.origin == Origin.IMPORTED

    @property
    def is_phantom(self) -> bool:
        """Whether any of its pictures are phantoms."""
        return not self.is_imported and any(one.is_phantom for one in self.image_sets)

    @property
    def takes_readers(self) -> bool:
        """Whether readers can be invited."""
        return self.state in (StudyState.LOCKED, StudyState.OPEN, StudyState.PAUSED)

    @property
    def suspicious(self) -> list[dict[str, Any]]:
        """The rows of the blinding report that chance does not explain."""
        report = self.blinding_report or {"rows": [], "band": 0}
        return [row for row in report["rows"] if abs(row["auc"] - 0.5) > report["band"]]

    def readers_with_progress(self) -> "QuerySet[Any]":
        """The readers with `total`, `answered` and `last_reading_at`; nothing of what they answered."""
        from reader_study.models.reader import Reader

        return Reader.objects.filter(study=self).with_progress().select_related("user").order_by(F("code"))


class Question(models.Model):
    """One thing asked about every case. The answer is the value of one of the choices."""

    class Kind(models.TextChoices):
        """How it is answered."""

        CHOICE = "choice", "one of several choices"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="questions")
    slug = models.SlugField(max_length=60)
    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHOICE)
    choices = models.JSONField(help_text='[{"value": 1, "label": "definitely real"}, ...]')
    required = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["order"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["study", "slug"], name="one_question_per_slug"),
        ]

    def __str__(self) -> str:
        return self.text
