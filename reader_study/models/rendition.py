"""Preparing a study's cases: long work."""

from typing import ClassVar

from django.db import models

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from jobs.models import Run
from reader_study.models.study import Study


class RenditionRunQuerySet(WorkspaceQuerySet["RenditionRun"]):
    """Renditions, by who may see them."""

    view_action = Action.VIEW_STUDIES


class RenditionRun(Run):
    """Chooses the cases of a draft, renders their frames, and writes the blinding report."""

    verb = "Preparing the cases"

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="rendition")

    objects = RenditionRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"cases of {self.study}"

    def get_absolute_url(self) -> str:
        """The study's page."""
        return self.study.get_absolute_url()
