"""Writes of this app: starting, running and cancelling a scoring run."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from evaluation.features.base import ExtractorError
from evaluation.features.registry import EXTRACTORS, open_extractor
from evaluation.heartbeat import kept_alive
from evaluation.metrics import MetricError, MetricResult
from evaluation.models import Score, ScoreCard, ScoringRun
from evaluation.scoring import environment, provenance, score_sets
from evaluation.weights import resolve_weights
from images.models import ImageSet
from images.pixels import ImageError
from jobs.models import Cancelled

logger = logging.getLogger(__name__)

FEWEST_IMAGES = 2
SECONDS_BETWEEN_BEATS = 0.5


@transaction.atomic
def start_scoring(
    *,
    synthetic: ImageSet,
    reference: ImageSet,
    extractor: str,
    weights: str = "",
    seed: int = 0,
    user: User | None,
    queue: bool = True,
) -> ScoringRun:
    """Queue the scoring of one image set against another of the same workspace; with queue=False the caller runs it.

    Raises ValidationError, by field, where a set has fewer than 2 images, both are the same, or there is no such extractor.
    """
    check_request(synthetic=synthetic, reference=reference, extractor=extractor)
    run = ScoringRun.objects.create(
        workspace=synthetic.workspace,
        created_by=user,
        synthetic=synthetic,
        reference=reference,
        extractor=extractor,
        weights=weights,
        seed=seed,
    )
    details = {"synthetic": synthetic.digest, "reference": reference.digest, "extractor": extractor, "weights": weights}
    record(workspace=run.workspace, actor=user, action="scoring.start", target=run, details=details)
    if queue:
        queue_scoring(run)
    return run


def check_request(*, synthetic: ImageSet, reference: ImageSet, extractor: str) -> None:
    """Raise ValidationError, by field, for what cannot be scored."""
    errors: dict[str, str] = {}
    for field, image_set in (("synthetic", synthetic), ("reference", reference)):
        if image_set.count < FEWEST_IMAGES:
            errors[field] = (
                f"Scoring compares distributions and needs at least {FEWEST_IMAGES} images in each set; "
                f"{image_set.name} has {image_set.count}."
            )
    if synthetic.digest == reference.digest:
        errors["reference"] = "Both sets hold exactly the same images. Choose another reference."
    if synthetic.workspace_id != reference.workspace_id:
        errors["reference"] = "Both sets must lie in the same workspace."
    if extractor not in EXTRACTORS:
        errors["extractor"] = f"There is no extractor {extractor!r}. Known: {', '.join(EXTRACTORS)}."
    if errors:
        raise ValidationError(errors)


def queue_scoring(run: ScoringRun) -> None:
    """Publish the run's work once the transaction has ended."""
    from evaluation.tasks import score

    transaction.on_commit(lambda: score.delay(str(run.pk)))


def cancel_scoring(*, run: ScoringRun, user: User | None) -> None:
    """Ask for a run to stop; nothing of it is kept but the features that are already extracted."""
    with transaction.atomic():
        run.request_cancel()
        record(workspace=run.workspace, actor=user, action="scoring.cancel", target=run, details={})


def run_scoring(run: ScoringRun) -> None:
    """Do the work of a queued run. Does nothing where another worker owns it; an error ends the run with its reason."""
    if not run.claim():
        return
    try:
        with kept_alive(run):
            _score(run)
    except Cancelled:
        run.refresh_from_db()
        if run.cancel_requested:
            run.cancelled()
    except (ExtractorError, MetricError, ImageError) as error:
        run.fail(str(error))
    except Exception as error:
        logger.exception("Scoring run %s stopped", run.pk)
        run.fail(f"Scoring stopped unexpectedly ({type(error).__name__}). The worker's log has the details.")


def _score(run: ScoringRun) -> None:
    run.environment = environment()
    run.save(update_fields=["environment"])
    run.beat(message="Loading the extractor")
    extractor = open_extractor(run.extractor, resolve_weights(run.weights))

    results, neighbours = score_sets(run.synthetic, run.reference, extractor, run.seed, _Beat(run))
    run.beat(message="")
    facts = provenance(run.synthetic, run.reference, extractor, run.seed)
    store_card(run=run, results=results, provenance=facts, neighbours=neighbours)


class _Beat:
    """Writes progress to the run: every new stage at once, steps within a stage at most twice a second."""

    def __init__(self, run: ScoringRun) -> None:
        self._run = run
        self._last = 0.0

    def __call__(self, done: int, total: int, message: str) -> None:
        now = time.monotonic()
        if message != self._run.message or now - self._last > SECONDS_BETWEEN_BEATS:
            self._last = now
            self._run.beat(done=done, total=total, message=message)


@transaction.atomic
def store_card(
    *, run: ScoringRun, results: tuple[MetricResult, ...], provenance: dict[str, Any], neighbours: dict[str, Any]
) -> ScoreCard | None:
    """Write the card with all its scores and finish the run, together; None where the run was finished by others."""
    if not run.succeed():
        return None
    card = ScoreCard.objects.create(
        workspace=run.workspace,
        created_by=run.created_by,
        run=run,
        synthetic=run.synthetic,
        reference=run.reference,
        provenance=provenance,
        neighbours=finite(neighbours),
    )
    Score.objects.bulk_create(_to_score(card, position, result) for position, result in enumerate(results))
    record(workspace=run.workspace, actor=run.created_by, action="scoring.finish", target=card, details={})
    return card


def _to_score(card: ScoreCard, position: int, result: MetricResult) -> Score:
    return Score(
        card=card,
        position=position,
        metric=result.metric,
        finding=result.finding,
        subgroup=result.subgroup,
        space=result.space,
        value=finite(result.value),
        low=finite(result.low),
        high=finite(result.high),
        n=result.n,
        method=result.method,
        direction=result.direction,
        baseline=finite(asdict(result.baseline)) if result.baseline else None,
        baseline_label=result.baseline_label,
        refused=result.refused,
        extra=finite(dict(result.extra)),
    )


def finite(value: Any) -> Any:
    """The value with NumPy scalars as Python's and NaN or infinity, which JSON has no word for, as None."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
