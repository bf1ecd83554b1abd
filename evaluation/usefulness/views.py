"""Pages of usefulness runs: list, form, progress, result."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action, may
from evaluation.models import UsefulnessRun
from evaluation.usefulness.forms import UsefulnessForm, add_errors
from evaluation.usefulness.presentation import repeats, sentence, table
from evaluation.usefulness.services import cancel_usefulness, start_usefulness
from generation.views.listing import page_of
from images.models import ImageSet
from jobs.models import RunState

SORTABLE = ("created_at", "synthetic__name", "real__name")


@require_GET
@requires(Action.VIEW_SCORES)
def usefulness_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's usefulness runs."""
    rows = UsefulnessRun.objects.visible_to(request.user).filter(workspace=request.workspace)
    words, state = request.GET.get("q", ""), request.GET.get("state", "")
    context = {
        "page": page_of(request, rows.matching(words).in_state(state).with_sets(), SORTABLE),
        "words": words,
        "state": state,
        "states": RunState.choices,
        "any": rows.exists(),
        "may_start": may(request.user, request.workspace, Action.SCORE),
    }
    return render(request, "evaluation/usefulness_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Action.SCORE)
def usefulness_new(request: WorkspaceRequest) -> HttpResponse:
    """The form that starts a run; `?real=` and `?synthetic=` choose in advance."""
    chosen = {name: request.GET[name] for name in ("real", "synthetic", "test") if name in request.GET}
    form = UsefulnessForm(request.POST or None, initial=chosen, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(start_usefulness(**form.cleaned_data, user=request.user))
        except ValidationError as error:
            add_errors(form, error)
    context = {"form": form, "any_sets": ImageSet.objects.filter(workspace=request.workspace).exists()}
    return render(request, "evaluation/usefulness_new.html", context, status=400 if form.errors else 200)


@require_GET
@requires(Action.VIEW_SCORES)
def usefulness_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A run: where it stands, and what came of it."""
    run = _run(request, pk)
    result = run.result
    context = {"run": run, "sentence": sentence(result), "rows": table(result), "repeats": repeats(result)}
    return render(request, "evaluation/usefulness_detail.html", context)


@require_GET
@requires(Action.VIEW_SCORES)
def usefulness_progress(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The live part of the run's page; loads the page again when the result is there."""
    run = _run(request, pk)
    if run.is_finished and request.htmx:  # type: ignore[attr-defined]
        answer: HttpResponse = HttpResponseClientRefresh()
        return answer
    return render(request, "jobs/_progress.html", {"run": run, "url": request.path})


@require_POST
@requires(Action.SCORE)
def usefulness_cancel(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Stop a run."""
    run = _run(request, pk)
    require_action(request.user, run.workspace, Action.SCORE)
    cancel_usefulness(run=run, user=request.user)
    return redirect(run)


def _run(request: WorkspaceRequest, pk: UUID) -> UsefulnessRun:
    return get_object_or_404(UsefulnessRun.objects.visible_to(request.user).with_sets(), pk=pk)
