"""Pages of reconstruction runs."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from evaluation.models import ReconstructionRun, Score, ScoreCard
from evaluation.presentation import overall, to_rows
from evaluation.reconstruction.forms import ReconstructionForm
from evaluation.reconstruction.services import cancel_reconstruction, start_reconstruction
from evaluation.views.long_runs import RunKind, run_paths

KIND = RunKind(
    name="reconstruction",
    model=ReconstructionRun,
    form=ReconstructionForm,
    start=start_reconstruction,
    cancel=cancel_reconstruction,
    sortable=("created_at", "name", "checkpoint__name"),
    preset=("checkpoint", "originals"),
)
# What a card of reconstructions says of the autoencoder, in this order.
SHOWN = ("reconstruction_psnr", "reconstruction_ms_ssim", "reconstruction_band_energy", "frechet_distance")
PICTURES = 6


@require_GET
@requires(Action.VIEW_SCORES)
def reconstruction_detail(request: WorkspaceRequest, pk: UUID) -> HttpResponse:
    """A run: where it stands, the image set that came of it, and what its latest score card says."""
    run = KIND.find(request, pk)
    cards = ScoreCard.objects.visible_to(request.user).filter(
        synthetic=run.image_set_id, reference=run.originals_id, scores__metric=SHOWN[0], scores__value__isnull=False
    )
    card = cards.order_by("-created_at").first() if run.image_set_id else None
    context = {
        "run": run,
        "card": card,
        "rows": to_rows(_shown(card)) if card else [],
        "pictures": run.pictures.select_related("original", "image").order_by("pk")[:PICTURES],
    }
    return render(request, "evaluation/reconstruction_detail.html", context)


def _shown(card: ScoreCard) -> list[Score]:
    scores = [score for score in overall(card.scores.all()) if score.metric in SHOWN and score.value is not None]
    return sorted(scores, key=lambda score: SHOWN.index(score.metric))


urlpatterns = run_paths(KIND, "reconstructions", reconstruction_detail)
