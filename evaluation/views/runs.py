"""Pages of scoring runs: the form that starts one, its progress, its end."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from evaluation.forms import ScoringForm
from evaluation.models import ScoringRun
from evaluation.services import cancel_scoring, start_scoring


@require_http_methods(["GET", "POST"])
@requires(Action.SCORE)
def score_new(request: WorkspaceRequest) -> HttpResponse:
    """The form that starts a scoring run; `?synthetic=` and `?reference=` choose in advance."""
    chosen = {name: request.GET.get(name) for name in ("synthetic", "reference")}
    form = ScoringForm(request.POST or None, initial=chosen, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        run = start_scoring(**form.scoring_request, **form.scoring_settings, user=request.user)
        return redirect(run)
    status = 400 if form.is_bound else 200
    return render(request, "evaluation/score_new.html", {"form": form}, status=status)


@require_GET
@requires(Action.VIEW_SCORES)
def scoring_run_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A scoring run: where it stands, and its card once there is one."""
    return render(request, "evaluation/scoring_run_detail.html", {"run": _run(request, pk)})


@require_GET
@requires(Action.VIEW_SCORES)
def scoring_run_progress(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The live part of the run's page; goes over to the card when it is there."""
    run = _run(request, pk)
    if run.state == "succeeded" and request.htmx:  # type: ignore[attr-defined]
        answer: HttpResponse = HttpResponseClientRedirect(run.card.get_absolute_url())
        return answer
    return render(request, "jobs/_progress.html", {"run": run, "url": request.path})


@require_POST
@requires(Action.SCORE)
def scoring_run_cancel(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Stop a run."""
    run = _run(request, pk)
    require_action(request.user, run.workspace, Action.SCORE)
    cancel_scoring(run=run, user=request.user)
    return redirect(run)


def _run(request: WorkspaceRequest, pk: UUID) -> ScoringRun:
    runs = ScoringRun.objects.visible_to(request.user).select_related("synthetic", "reference", "workspace", "card")
    return get_object_or_404(runs, pk=pk)
