"""Paired comparisons: started and followed on the page of the two cards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from evaluation.metrics import METRICS
from evaluation.models import PairedComparison, ScoreCard
from evaluation.pairing.services import DEFAULT_PRIMARY, cancel_paired, pairable_metrics, start_paired, why_not


def paired_context(request: WorkspaceRequest, first: ScoreCard, other: ScoreCard) -> dict[str, Any]:
    """What the page of two cards says of their paired comparison: the newest run, its rows, or why there can be none."""
    runs = PairedComparison.objects.visible_to(request.user).filter(first=first, other=other)
    run = runs.first()
    reason = why_not(first, other)
    offered = [] if reason else pairable_metrics(first, other)
    return {
        "first": first,
        "other": other,
        "run": run,
        "rows": [{**row, "title": _title(row)} for row in run.results] if run else [],
        "reason": reason,
        "offered": [(name, title, name in DEFAULT_PRIMARY) for name, title in offered],
    }


def _title(row: dict[str, Any]) -> str:
    metric = METRICS.get(row["metric"])
    return ", ".join(part for part in (metric.title if metric else row["metric"], row.get("finding")) if part)


@require_POST
@requires(Action.SCORE)
def paired_start(request: WorkspaceRequest) -> HttpResponse:
    """Start a comparison of the cards `first` and `other` by the metrics ticked."""
    cards = ScoreCard.objects.visible_to(request.user).with_sets()
    first, other = (get_object_or_404(cards, pk=_uuid(request.POST.get(name, ""))) for name in ("first", "other"))
    require_action(request.user, first.workspace, Action.SCORE)
    try:
        run = start_paired(
            first=first,
            other=other,
            primary=request.POST.getlist("primary"),
            also=request.POST.getlist("also"),
            user=request.user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(PairedComparison(first=first, other=other).get_absolute_url())
    return redirect(run)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_GET
@requires(Action.VIEW_SCORES)
def paired_progress(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The live part; goes over to the page of both cards when the comparison is done."""
    run = _run(request, pk)
    if run.is_finished and request.htmx:  # type: ignore[attr-defined]
        answer: HttpResponse = HttpResponseClientRedirect(run.get_absolute_url())
        return answer
    return render(request, "jobs/_progress.html", {"run": run, "url": request.path})


@require_POST
@requires(Action.SCORE)
def paired_cancel(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Stop a comparison."""
    run = _run(request, pk)
    require_action(request.user, run.workspace, Action.SCORE)
    cancel_paired(run=run, user=request.user)
    return redirect(run)


def _run(request: WorkspaceRequest, pk: UUID) -> PairedComparison:
    return get_object_or_404(PairedComparison.objects.visible_to(request.user).with_cards(), pk=pk)
