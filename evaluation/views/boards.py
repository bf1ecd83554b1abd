"""Pages on which score cards stand beside each other: the leaderboard, and two or more cards compared."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.board_query import read_board
from evaluation.comparing import MOST_CARDS, cautions, chosen_cards, compare_cards, visible_cards
from evaluation.metrics import METRICS
from evaluation.views.paired import paired_context


@require_GET
@requires(Action.VIEW_SCORES)
def leaderboard(request: WorkspaceRequest) -> HttpResponse:
    """Checkpoints ranked against one reference: `?reference=`, `?prompts=`, `?space=`, `?metric=` (several), `?sort=`, `?q=`."""
    found = read_board(visible_cards(request.user).filter(workspace=request.workspace), request.GET)
    context = {
        "board": found,
        "offered": [(name, METRICS[name].title) for name in found.offered],
        "columns": [METRICS[name] for name in found.columns],
        "query": request.GET,
    }
    return render(request, "evaluation/leaderboard.html", context)


@require_GET
@requires(Action.VIEW_SCORES)
def compare(request: WorkspaceRequest) -> HttpResponse:
    """Score cards side by side: `?card=` two to six times; the first is what the others are compared with."""
    visible = visible_cards(request.user).filter(workspace=request.workspace)
    chosen = chosen_cards(visible, request.GET.getlist("card"))
    context = {
        "cards": chosen,
        "lines": compare_cards(chosen) if len(chosen) > 1 else [],
        "cautions": cautions(chosen) if len(chosen) > 1 else [],
        "paired": paired_context(request, *chosen) if len(chosen) == 2 else None,
        "others": visible.prefetch_related(None).exclude(pk__in=[card.pk for card in chosen])[:50]
        if len(chosen) < MOST_CARDS
        else [],
    }
    return render(request, "evaluation/compare.html", context)
