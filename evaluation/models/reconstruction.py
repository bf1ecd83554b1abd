"""Reconstruction runs: real images through a checkpoint's autoencoder, kept as an image set."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from generation.models import Checkpoint
from images.models import Image, ImageSet
from jobs.models import Run, RunState


class ReconstructionRunQuerySet(WorkspaceQuerySet["ReconstructionRun"]):
    """Reconstruction runs, by who may see them and by what one looks for."""

    view_action = Action.VIEW_SCORES

    def matching(self, words: str) -> Self:
        """Those on whose checkpoint or set every one of the words is found."""
        found = self
        for word in words.split():
            found = found.filter(models.Q(checkpoint__name__icontains=word) | models.Q(originals__name__icontains=word))
        return found

    def in_state(self, state: str) -> Self:
        """Runs in one state; all runs for any other word."""
        return self.filter(state=state) if state in RunState.values else self

    def with_sets(self) -> Self:
        """With checkpoint and sets fetched along."""
        return self.select_related("checkpoint", "originals", "image_set", "workspace", "created_by")


class ReconstructionRun(Run):
    """Images encoded and decoded by the autoencoder of one checkpoint, at the size that it was made for."""

    verb = "Reconstructing"

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="reconstruction_runs")
    originals = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="reconstruction_runs")
    name = models.CharField("name of the image set", max_length=200)
    image_set = models.OneToOneField(
        ImageSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="reconstruction_run"
    )

    objects = ReconstructionRunQuerySet.as_manager()

    class Meta(Run.Meta):
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.originals.name} through {self.checkpoint.name}"

    def get_absolute_url(self) -> str:
        """The page of this run."""
        return reverse("evaluation:reconstruction_detail", args=[self.pk])


class ReconstructedImage(models.Model):
    """What became of one original; the key (run, original) is why none is made twice."""

    run = models.ForeignKey(ReconstructionRun, on_delete=models.CASCADE, related_name="pictures")
    original = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "original"], name="one_reconstruction_per_run_original"),
        ]

    def __str__(self) -> str:
        return f"reconstruction of {self.original_id}"
