"""Starting and cancelling paired comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count

from accounts.models import User
from audit.services import record
from evaluation.metrics import METRICS
from evaluation.models import PairedComparison, ScoreCard
from images.models import ImageSet

DEFAULT_PRIMARY = ("frechet_distance", "kernel_distance", "auroc")
# Scores that pairing does not serve: they are of the model or of a training set, not of pictures of one prompt.
_NOT_PAIRED = {"parts", "privacy", "other"}


@transaction.atomic
def start_paired(
    *,
    first: ScoreCard,
    other: ScoreCard,
    primary: Sequence[str],
    also: Sequence[str] = (),
    seed: int = 0,
    user: User | None,
    queue: bool = True,
) -> PairedComparison:
    """Queue the comparison of `other` with `first` by the named metrics; with queue=False the caller works on the run.

    primary: metrics declared in advance, adjusted together by Holm; also: exploratory ones.
    Raises ValidationError where the cards are not of the same prompts, reference and extractor, or a metric is not on both.
    """
    if reason := why_not(first, other):
        raise ValidationError(reason)
    offered = {name for name, _ in pairable_metrics(first, other)}
    if not primary:
        raise ValidationError({"primary": "Declare at least one metric as primary."})
    if unknown := {*primary, *also} - offered:
        raise ValidationError({"primary": f"Not on both cards: {', '.join(sorted(unknown))}."})
    run = PairedComparison.objects.create(
        workspace=first.workspace,
        created_by=user,
        first=first,
        other=other,
        primary=list(dict.fromkeys(primary)),
        also=[name for name in dict.fromkeys(also) if name not in primary],
        fingerprint=_shared_fingerprint(first, other),
        seed=seed,
    )
    details = {"first": str(first.pk), "other": str(other.pk), "primary": run.primary, "also": run.also}
    record(workspace=run.workspace, actor=user, action="comparison.start", target=run, details=details)
    if queue:
        publish_paired(run)
    return run


def publish_paired(run: PairedComparison) -> None:
    """Publish the run's work once the transaction has ended."""
    from evaluation.pairing.tasks import compare_cards_paired

    transaction.on_commit(lambda: compare_cards_paired.delay(str(run.pk)))


@transaction.atomic
def cancel_paired(*, run: PairedComparison, user: User | None) -> None:
    """Ask a comparison to stop."""
    if not run.is_finished:
        run.request_cancel()
        record(workspace=run.workspace, actor=user, action="comparison.cancel", target=run, details={})


def why_not(first: ScoreCard, other: ScoreCard) -> str:
    """Why two cards cannot be compared prompt by prompt, or nothing."""
    if first.workspace_id != other.workspace_id:
        return "The cards lie in different workspaces."
    if first.synthetic_id == other.synthetic_id:
        return "Both cards are of the same images."
    if first.reference.digest != other.reference.digest:
        return "The cards have different reference sets."
    if not _shared_fingerprint(first, other):
        return "The cards have no extractor in common."
    if _prompts(first.synthetic) != _prompts(other.synthetic):
        return "The sets are not of the same prompts with as many images of each."
    return ""


def pairable_metrics(first: ScoreCard, other: ScoreCard) -> list[tuple[str, str]]:
    """Name and title of the metrics that both cards have a number of, in registry order."""
    shared = _names(first) & _names(other)
    return [(name, metric.title) for name, metric in METRICS.items() if name in shared and _may_pair(name)]


def networks_of(card: ScoreCard) -> list[dict[str, Any]]:
    """Facts of the extractors of a card, the first one first."""
    networks: list[dict[str, Any]] = card.provenance.get("networks") or []
    return networks


def _may_pair(name: str) -> bool:
    return METRICS[name].axis not in _NOT_PAIRED


def _names(card: ScoreCard) -> set[str]:
    whole = card.scores.filter(finding="", subgroup="").exclude(value=None)
    return set(whole.values_list("metric", flat=True))


def _shared_fingerprint(first: ScoreCard, other: ScoreCard) -> str:
    known = {network["fingerprint"] for network in networks_of(other)}
    return next((str(n["fingerprint"]) for n in networks_of(first) if n["fingerprint"] in known), "")


def _prompts(image_set: ImageSet) -> dict[str, int]:
    """Group -> number of its images."""
    return dict(image_set.items.values_list("group").annotate(Count("pk")).order_by())
