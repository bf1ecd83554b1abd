"""Pages of usefulness runs."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.models import UsefulnessRun
from evaluation.usefulness.forms import UsefulnessForm
from evaluation.usefulness.presentation import repeats, sentence, table
from evaluation.usefulness.services import cancel_usefulness, start_usefulness
from evaluation.views.long_runs import RunKind, run_paths

KIND = RunKind(
    name="usefulness",
    model=UsefulnessRun,
    form=UsefulnessForm,
    start=start_usefulness,
    cancel=cancel_usefulness,
    sortable=("created_at", "synthetic__name", "real__name"),
    preset=("real", "synthetic", "test"),
)


@require_GET
@requires(Action.VIEW_SCORES)
def usefulness_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A run: where it stands, and what came of it."""
    run = KIND.find(request, pk)
    result = run.result
    context = {"run": run, "sentence": sentence(result), "rows": table(result), "repeats": repeats(result)}
    return render(request, "evaluation/usefulness_detail.html", context)


urlpatterns = run_paths(KIND, "usefulness-runs", usefulness_detail)
