"""Score cards: the list, one card, its drawings and downloads."""

from __future__ import annotations

import csv
import json
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.core.paginator import Paginator
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.figures import FIGURES, draw
from evaluation.forms import CardFilterForm
from evaluation.models import Score, ScoreCard, ScoreCardQuerySet, ScoringRun
from evaluation.presentation import RECORD_FIELDS, card_document, finding_rows, overall_rows, records
from evaluation.verdict import sentence, verdict

PAGE = 25
LISTED = ("frechet_distance", "kernel_distance", "vendi_score", "auroc")
SORTS = {"synthetic": "synthetic__name", "reference": "reference__name", "made": "created_at"}


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_list(request: WorkspaceRequest) -> HttpResponse:
    """All score cards of the workspace, and the runs that are still at work."""
    form = CardFilterForm(request.GET, workspace=request.workspace)
    cards = ScoreCard.objects.visible_to(request.user).filter(workspace=request.workspace)
    there_are_some = cards.exists()
    cards = _filtered(cards, form, request.GET.get("sort", ""))
    page = Paginator(cards, PAGE).get_page(request.GET.get("page"))
    rows = [(card, {score.metric: score for score in card.scores.all()}) for card in page]
    runs = ScoringRun.objects.visible_to(request.user).filter(workspace=request.workspace, card=None)
    return render(
        request,
        "evaluation/score_card_list.html",
        {
            "form": form,
            "page": page,
            "rows": rows,
            "there_are_some": there_are_some,
            "runs": runs.select_related("synthetic", "reference")[:10],
            "columns": [(name, Score(metric=name).title) for name in LISTED],
        },
    )


def _filtered(cards: ScoreCardQuerySet, form: CardFilterForm, sort: str) -> ScoreCardQuerySet:
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("synthetic", "reference") if form.cleaned_data[name]}
        cards = cards.matching(form.cleaned_data["q"]).filter(**chosen)
    overall = Score.objects.filter(finding="", metric__in=LISTED)
    cards = cards.with_sets().prefetch_related(Prefetch("scores", queryset=overall))
    key = sort.removeprefix("-")
    if key in LISTED:
        value = Score.objects.filter(card=OuterRef("pk"), metric=key, finding="").values("value")[:1]
        cards = cards.annotate(**{f"by_{key}": Subquery(value)})
        return cards.order_by(("-" if sort.startswith("-") else "") + f"by_{key}", "-created_at")
    if key in SORTS:
        return cards.order_by(("-" if sort.startswith("-") else "") + SORTS[key], "-created_at")
    return cards


def _card(request: WorkspaceRequest, pk: UUID) -> tuple[ScoreCard, list[Score]]:
    card = get_object_or_404(ScoreCard.objects.visible_to(request.user).with_sets(), pk=pk)
    return card, list(card.scores.all())


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A score card: verdict, tables, drawings, neighbours, wall, provenance."""
    card, scores = _card(request, pk)
    others = ScoreCard.objects.visible_to(request.user).filter(
        Q(synthetic=card.synthetic) | Q(reference=card.reference)
    )
    context: dict[str, Any] = {
        "card": card,
        "sentence": sentence(scores),
        "verdict": verdict(scores),
        "rows": overall_rows(scores),
        "findings": finding_rows(scores),
        "others": others.exclude(pk=card.pk).with_sets()[:5],
    }
    return render(request, "evaluation/score_card_detail.html", context)


@require_GET
@requires(Action.VIEW_SCORES)
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]})  # type: ignore[untyped-decorator]
def score_card_figure(request: WorkspaceRequest, pk: UUID, name: str) -> HttpResponse:
    """One drawing of a card, as SVG."""
    if name not in FIGURES:
        raise Http404
    _, scores = _card(request, pk)
    return HttpResponse(
        draw(name, scores), content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=300"}
    )


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_csv(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The card's scores as a table, one line a score."""
    card, scores = _card(request, pk)
    response = _download("text/csv; charset=utf-8", f"score-card-{card.pk}.csv")
    writer = csv.DictWriter(response, RECORD_FIELDS)
    writer.writeheader()
    writer.writerows(records(scores))
    return response


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_json(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """The whole card with its provenance."""
    card, scores = _card(request, pk)
    response = _download("application/json", f"score-card-{card.pk}.json")
    response.write(json.dumps(card_document(card, scores), indent=1, ensure_ascii=False))
    return response


def _download(content_type: str, filename: str) -> HttpResponse:
    return HttpResponse(
        content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'}
    )
