"""What was measured before, and is not measured again: results under a digest of everything that they are a function of.

A part of a card (a family of metrics in one space, the scores by one attribute, the gallery of neighbours) is kept as JSON text,
and what comes back is read from that text also the first time, so that a kept number is the measured one to the last bit. A row
is there whole or not at all, so a worker may be killed anywhere: the next one measures only what is not kept yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Workspace
from evaluation.metrics import Estimate, MetricResult
from evaluation.models import KeptMeasurement
from evaluation.plain import finite

# Parts that a workspace keeps, the newest: a run has about forty, a few kilobytes each.
MOST_KEPT = 10_000


def recall(workspace: Workspace, key: str, make: Callable[[], Any], *, anew: bool = False) -> tuple[Any, datetime]:
    """What was measured under this key, as JSON gives it back, and when; measured now where nothing is kept.

    anew: measure in any case, and keep that. Whoever measures the same at once gets what was kept first.
    """
    found = None if anew else KeptMeasurement.objects.filter(workspace=workspace, key=key).first()
    return _read(found or _keep(workspace, key, json.dumps(finite(make()), allow_nan=False), anew))


def _read(kept: KeptMeasurement) -> tuple[Any, datetime]:
    return json.loads(kept.text), kept.measured_at


@transaction.atomic
def _keep(workspace: Workspace, key: str, text: str, anew: bool) -> KeptMeasurement:
    if anew:
        KeptMeasurement.objects.filter(workspace=workspace, key=key).delete()
    kept, _ = KeptMeasurement.objects.get_or_create(workspace=workspace, key=key, defaults={"text": text})
    return kept


def forget_oldest(workspace: Workspace) -> None:
    """Let go of what was measured longest ago where there is more than MOST_KEPT."""
    rows = KeptMeasurement.objects.filter(workspace=workspace)
    oldest = rows.order_by("-measured_at").values_list("measured_at", flat=True)[MOST_KEPT : MOST_KEPT + 1]
    for limit in oldest:
        rows.filter(measured_at__lte=limit).delete()


def to_record(result: MetricResult) -> dict[str, Any]:
    """A result as JSON keeps it."""
    return asdict(result)


def from_record(record: dict[str, Any]) -> MetricResult:
    """The result of a record."""
    baseline = record["baseline"]
    return MetricResult(**{**record, "baseline": Estimate(**baseline) if baseline else None})
