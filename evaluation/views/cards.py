"""Score cards: the list, and one card."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.card_page import card_context
from evaluation.forms import CardFilterForm
from evaluation.models import Score, ScoreCard, ScoreCardQuerySet, ScoringRun
from evaluation.verdict import spoken_metrics, verdict

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
    runs = ScoringRun.objects.visible_to(request.user).filter(workspace=request.workspace, card=None)
    return render(
        request,
        "evaluation/score_card_list.html",
        {
            "form": form,
            "page": page,
            "rows": [(card, *_row(list(card.scores.all()))) for card in page],
            "there_are_some": there_are_some,
            "runs": runs.select_related("synthetic", "reference")[:10],
            "columns": [(name, Score(metric=name).definition.title) for name in LISTED],
        },
    )


def _row(scores: list[Score]) -> tuple[list[object], list[Score | None]]:
    """The verdict's statements, and the listed scores of the first extractor."""
    first = {score.metric: score for score in scores if not score.space}
    return [*verdict(scores)], [first.get(name) for name in LISTED]


def _filtered(cards: ScoreCardQuerySet, form: CardFilterForm, sort: str) -> ScoreCardQuerySet:
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("synthetic", "reference") if form.cleaned_data[name]}
        cards = cards.matching(form.cleaned_data["q"]).filter(**chosen)
    whole = Score.objects.filter(finding="", subgroup="")
    needed = whole.filter(metric__in=spoken_metrics() | set(LISTED))  # not those that carry a number for every image
    cards = cards.with_sets().prefetch_related(Prefetch("scores", queryset=needed))
    key = sort.removeprefix("-")
    if key in LISTED:
        value = whole.filter(card=OuterRef("pk"), metric=key, space="").values("value")[:1]
        cards = cards.annotate(**{f"by_{key}": Subquery(value)})
        return cards.order_by(("-" if sort.startswith("-") else "") + f"by_{key}", "-created_at")
    if key in SORTS:
        return cards.order_by(("-" if sort.startswith("-") else "") + SORTS[key], "-created_at")
    return cards


@require_GET
@requires(Action.VIEW_SCORES)
def score_card_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A score card: verdict, tables, drawings, neighbours, wall, provenance; `?wall=` orders the wall."""
    card, scores = card_and_scores(request, pk)
    others = ScoreCard.objects.visible_to(request.user).filter(
        Q(synthetic=card.synthetic) | Q(reference=card.reference)
    )
    context = card_context(card, scores, request.GET.get("wall", ""))
    context["others"] = others.exclude(pk=card.pk).with_sets()[:8]
    return render(request, "evaluation/score_card_detail.html", context)


def card_and_scores(request: WorkspaceRequest, pk: UUID) -> tuple[ScoreCard, list[Score]]:
    """A card that the user may see, and its scores in the order of the card; Http404 otherwise."""
    card = get_object_or_404(ScoreCard.objects.visible_to(request.user).with_sets(), pk=pk)
    return card, list(card.scores.select_related("card"))
