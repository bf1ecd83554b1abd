"""Storing what a scoring run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.services import record
from evaluation.metrics import MetricResult
from evaluation.models import Score, ScoreCard, ScoringRun
from evaluation.plain import finite


@transaction.atomic
def store_card(
    *,
    run: ScoringRun,
    results: Sequence[MetricResult],
    provenance: dict[str, Any],
    neighbours: dict[str, Any],
    times: Sequence[datetime] = (),
) -> ScoreCard | None:
    """Write the card with all its scores and finish the run, together; None where the run was finished by others.

    times: when each of the results was measured first; now where there are none.
    """
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
    dated = zip(results, times or [card.created_at] * len(results), strict=True)
    Score.objects.bulk_create(to_score(card, position, *one) for position, one in enumerate(dated))
    record(workspace=run.workspace, actor=run.created_by, action="scoring.finish", target=card, details={})
    return card


def to_score(card: ScoreCard, position: int, result: MetricResult, measured_at: datetime | None = None) -> Score:
    """A result as a row of the card, not saved yet."""
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
        measured_at=measured_at,
    )
