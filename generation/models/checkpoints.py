"""Checkpoints and the fetching of those that lie on the hub."""

from pathlib import Path
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceModel, WorkspaceQuerySet
from accounts.policy import Action
from jobs.models import Run


class CheckpointQuerySet(WorkspaceQuerySet["Checkpoint"]):
    """Checkpoints, by who may see them and by what one looks for."""

    view_action = Action.VIEW_CHECKPOINTS

    def matching(self, words: str) -> Self:
        """Those whose name, place or digest has every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(
                models.Q(name__icontains=word) | models.Q(location__icontains=word) | models.Q(digest__startswith=word)
            )
        return found

    def with_run_counts(self) -> Self:
        """With `run_count`: how many generation runs used each."""
        return self.annotate(run_count=models.Count("runs")).order_by("-created_at")


class Checkpoint(WorkspaceModel):
    """A text-to-image pipeline, named by the digest of its files."""

    class Kind(models.TextChoices):
        """Where its files lie."""

        FOLDER = "folder", "folder on the server"
        HUB = "hub", "Hugging Face hub"
        UPLOAD = "upload", "uploaded"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    # A folder, a hub id, or the folder's key in the storage.
    location = models.CharField(max_length=1000)
    revision = models.CharField(max_length=100, blank=True)
    # Part -> where its replacement lies; files for parts that are files.
    overrides = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, db_index=True)
    facts = models.JSONField(default=dict)
    # Relative paths of an uploaded checkpoint, so that a worker elsewhere can fetch them from the storage.
    files = models.JSONField(default=list, blank=True)
    is_demo = models.BooleanField("makes phantoms", default=False)

    objects = CheckpointQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "name"], name="checkpoint_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of this checkpoint."""
        return reverse("generation:checkpoint_detail", args=[self.pk])

    @property
    def place(self) -> str:
        """Where it lies, in words for a page: a folder of the project without the server's own path."""
        path = Path(self.location)
        inside = self.kind == self.Kind.FOLDER and path.is_relative_to(settings.BASE_DIR)
        return str(path.relative_to(settings.BASE_DIR)) if inside else self.location

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What inspection learned of each part."""
        parts: list[dict[str, Any]] = self.facts.get("parts", [])
        return parts


class CheckpointFetchQuerySet(WorkspaceQuerySet["CheckpointFetch"]):
    """Fetches, by who may see them."""

    view_action = Action.VIEW_CHECKPOINTS


class CheckpointFetch(Run):
    """Fetching a checkpoint from the hub and registering it."""

    verb = "Fetching"

    name = models.CharField(max_length=120)
    repository = models.CharField(max_length=200)
    revision = models.CharField(max_length=100, blank=True)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = CheckpointFetchQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"fetch of {self.repository}"

    def get_absolute_url(self) -> str:
        """The page of this fetch."""
        return reverse("generation:fetch_detail", args=[self.pk])
