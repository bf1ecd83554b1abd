"""Usefulness runs: train on synthetic images, test on real ones, beside training on real ones and on both."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from evaluation.usefulness.recipe import Recipe
from images.models import ImageSet
from jobs.models import Run, RunState


class UsefulnessRunQuerySet(WorkspaceQuerySet["UsefulnessRun"]):
    """Usefulness runs, by who may see them and by what one looks for."""

    view_action = Action.VIEW_SCORES

    def matching(self, words: str) -> Self:
        """Those on one of whose sets every one of the words is found."""
        found = self
        for word in words.split():
            found = found.filter(models.Q(real__name__icontains=word) | models.Q(synthetic__name__icontains=word))
        return found

    def in_state(self, state: str) -> Self:
        """Runs in one state; all runs for any other word."""
        return self.filter(state=state) if state in RunState.values else self

    def with_sets(self) -> Self:
        """With their sets fetched along."""
        return self.select_related("real", "synthetic", "test", "workspace", "created_by")


class UsefulnessRun(Run):
    """Three trainings of the fixed recipe, tested on the same real images."""

    verb = "Training"

    real = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="useful_as_real")
    synthetic = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="useful_as_synthetic")
    # Where there is none, patients of the real set are kept for the test.
    test = models.ForeignKey(ImageSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="useful_as_test")
    test_share = models.FloatField(default=0.3)
    # Empty for all that the sets have in common.
    findings = models.JSONField(default=list, blank=True)
    side = models.PositiveIntegerField("side of the input in pixels", default=128)
    steps = models.PositiveIntegerField("steps of each training", default=800)
    repeats = models.PositiveIntegerField("trainings of each kind, with different seeds", default=2)
    seed = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True, editable=False)

    objects = UsefulnessRunQuerySet.as_manager()

    class Meta(Run.Meta):
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.synthetic.name} for {self.real.name}"

    def get_absolute_url(self) -> str:
        """The page of this run."""
        return reverse("evaluation:usefulness_detail", args=[self.pk])

    @property
    def recipe(self) -> Recipe:
        """The recipe of all three trainings."""
        return Recipe(side=self.side, steps=self.steps)

    @property
    def is_phantom(self) -> bool:
        """Whether drawn phantoms, not radiographs of people, take part."""
        return self.real.is_phantom or self.synthetic.is_phantom
