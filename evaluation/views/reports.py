"""The page of a card's PDF report: asks for it, says where it stands, offers it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.models import CardReport
from evaluation.services.reports import report_version, request_report
from evaluation.views.cards import card_and_scores


@require_http_methods(["GET", "POST"])
@requires(Action.VIEW_SCORES)
def score_card_report(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """Where the report stands; POST asks for it, and goes to the file where it is there already."""
    card, scores = card_and_scores(request, pk)
    file = reverse("evaluation:score_card_export", args=[pk, "pdf"])
    version = report_version(card, scores)
    if request.method == "POST":
        asked = request_report(card=card, scores=scores, user=request.user)
        return redirect(file if asked.content(version) else request.path)
    report = CardReport.objects.filter(card=card, version=version).defer("data").first()
    context = {
        "document": report,
        "ready": report is not None and report.state == "succeeded",
        "title": "PDF report",
        "lede": f"The score card of {card} on A4: verdict, tables, figures, methods, provenance.",
        "home": card.get_absolute_url(),
        "crumb": card,
        "progress": reverse("evaluation:score_card_report_progress", args=[pk]),
        "file": file,
    }
    return render(request, "jobs/document.html", context)


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_report_progress(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The live part of that page; loads the page again at the end."""
    card, _ = card_and_scores(request, pk)
    report = CardReport.objects.filter(card=card).defer("data").first()
    if report is None or (report.is_finished and request.htmx):  # type: ignore[attr-defined]
        answer: HttpResponse = HttpResponseClientRefresh()
        return answer
    return render(request, "jobs/_progress.html", {"run": report, "url": request.path})
