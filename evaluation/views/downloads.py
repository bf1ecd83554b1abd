"""Files of a score card: its figures, their tables, and the card as a whole."""

from __future__ import annotations

from uuid import UUID

from csp.decorators import csp_replace
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.exports import EXPORTS
from evaluation.figures import available, draw, table_csv
from evaluation.services.reports import kept_report
from evaluation.views.cards import card_and_scores

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv; charset=utf-8"}


@require_GET
@requires(Action.VIEW_SCORES)
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]})  # type: ignore[untyped-decorator]
def score_card_figure(request: WorkspaceRequest, pk: UUID, name: str, extension: str) -> HttpResponse:
    """One drawing of a card as SVG or PNG, or its table as CSV; `?download` saves it instead of showing it."""
    _, scores = card_and_scores(request, pk)
    if name not in available(scores) or extension not in CONTENT_TYPES:
        raise Http404
    content = table_csv(name, scores) if extension == "csv" else draw(name, scores, extension)
    headers = {"Cache-Control": "private, max-age=300"}
    if "download" in request.GET or extension == "csv":
        headers["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return HttpResponse(content, content_type=CONTENT_TYPES[extension], headers=headers)


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_export(request: WorkspaceRequest, pk: UUID, name: str) -> HttpResponse:
    """The whole card as a file; `name` is a key of EXPORTS. The PDF is set by a worker: what is not set yet is asked for first."""
    if name not in EXPORTS:
        raise Http404
    card, scores = card_and_scores(request, pk)
    export = EXPORTS[name]
    made = kept_report(card, scores) if name == "pdf" else export.make(card, scores)
    if made is None:
        return redirect("evaluation:score_card_report", pk)
    disposition = f'attachment; filename="score-card-{str(card.pk)[:8]}.{export.extension}"'
    return HttpResponse(made, content_type=export.content_type, headers={"Content-Disposition": disposition})
