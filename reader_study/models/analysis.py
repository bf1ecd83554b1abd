"""The analysis of an unsealed study: long work, made once and kept."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from images import content
from jobs.models import Run, RunState
from reader_study.models.study import Study


class AnalysisRunQuerySet(WorkspaceQuerySet["AnalysisRun"]):
    """Analyses, by who may see them."""

    view_action = Action.VIEW_RESULTS

    def ready(self) -> Any:
        """Those with results."""
        return self.filter(state=RunState.SUCCEEDED)


class AnalysisRun(Run):
    """Analyses the reads of a study, all of them or a selection, and draws the figures.

    `selection` holds what the reads were narrowed to ({} = all): arm, finding, view, group. An unsealed study never
    changes, so one analysis for each selection is enough.
    """

    verb = "Analysing"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="analyses")
    selection = models.JSONField(default=dict)
    selection_digest = models.CharField(max_length=64, editable=False)
    document = models.JSONField("results as docs/statistics.md describes them", null=True, editable=False)
    files = models.JSONField("storage key by file name", default=dict, editable=False)

    objects = AnalysisRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["study", "selection_digest"], name="one_analysis_per_selection"),
        ]

    def __str__(self) -> str:
        return f"analysis of {self.study}"

    def get_absolute_url(self) -> str:
        """The results page."""
        return reverse("reader_study:results", args=[self.study_id])

    def restart(self, *, finished: bool = False) -> bool:
        """Queue it once more if it failed or was cancelled, or also where it is `finished`; False if not."""
        states = [RunState.FAILED, RunState.CANCELLED, *([RunState.SUCCEEDED] if finished else [])]
        ended = self._rows().filter(state__in=states)
        done = ended.update(
            state=RunState.QUEUED, attempt=0, error="", cancel_requested=False, started_at=None, finished_at=None
        )
        self.refresh_from_db()
        return bool(done)

    def keep(self, *, document: dict[str, Any], files: dict[str, str]) -> None:
        """Store what was found, if this worker still has the run."""
        self._rows().filter(state=RunState.RUNNING, attempt=self.attempt).update(document=document, files=files)

    def read(self, name: str) -> bytes:
        """A stored file of the analysis; KeyError for a name it does not have."""
        return content.read(self.files[name])
