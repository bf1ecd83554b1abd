"""Storing what a scoring run found."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from django.db import transaction

from audit.services import record
from evaluation.metrics import MetricResult
from evaluation.models import Score, ScoreCard, ScoringRun


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
    Score.objects.bulk_create(to_score(card, position, result) for position, result in enumerate(results))
    record(workspace=run.workspace, actor=run.created_by, action="scoring.finish", target=card, details={})
    return card


def to_score(card: ScoreCard, position: int, result: MetricResult) -> Score:
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
