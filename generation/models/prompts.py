"""Prompt sets: what is asked for, and the findings and patient attributes that each prompt asks for."""

from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceModel, WorkspaceQuerySet
from accounts.policy import Action


class PromptSetQuerySet(WorkspaceQuerySet["PromptSet"]):
    """Prompt sets, by who may see them and by what one looks for."""

    view_action = Action.VIEW_CHECKPOINTS

    def matching(self, words: str) -> Self:
        """Those whose name or digest has every one of the words."""
        found = self
        for word in words.split():
            found = found.filter(models.Q(name__icontains=word) | models.Q(digest__startswith=word))
        return found


class PromptSet(WorkspaceModel):
    """Prompts that never change; another content under the same name is its next version."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    count = models.PositiveIntegerField("number of prompts")

    objects = PromptSetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "name", "version"], name="prompt_set_version_once"),
            models.UniqueConstraint(fields=["workspace", "name", "digest"], name="prompt_set_content_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="prompt_set_never_changes", operation=pgtrigger.UpdateOf("name", "digest", "count")),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}" if self.version > 1 else self.name

    def get_absolute_url(self) -> str:
        """The page of this prompt set."""
        return reverse("generation:prompt_set_detail", args=[self.pk])


class Prompt(models.Model):
    """One line of a prompt set."""

    prompt_set = models.ForeignKey(PromptSet, on_delete=models.CASCADE, related_name="prompts")
    position = models.PositiveIntegerField()
    text = models.TextField()
    findings = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    age = models.PositiveSmallIntegerField(null=True, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    view = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["prompt_set", "position"], name="one_prompt_per_position"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="prompt_never_changes", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def group(self) -> str:
        """How its pictures are grouped in an image set: they are resampled together."""
        return f"prompt-{self.position:04d}"
