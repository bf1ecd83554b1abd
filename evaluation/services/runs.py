"""Starting and cancelling scoring runs, and putting their work into the queue."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.services import record
from evaluation.models import OperatingPoint, ScoringRun, ScoringStep, StepKind
from evaluation.services.requests import Network, check_request
from images.models import ImageSet

#: Messages that a run has in the queue at once; each worker that takes one passes it on until nothing is left.
LANES = 8


@transaction.atomic
def start_scoring(
    *,
    synthetic: ImageSet,
    reference: ImageSet,
    extractor: str,
    weights: str = "",
    also: Sequence[Network] = (),
    metrics: Sequence[str] = (),
    subgroups: Sequence[str] = (),
    training: ImageSet | None = None,
    operating_point: str = OperatingPoint.WEIGHTS,
    seed: int = 0,
    anew: bool = False,
    user: User | None,
    queue: bool = True,
) -> ScoringRun:
    """Queue the scoring of one image set against another of the same workspace; with queue=False the caller runs it.

    also: further networks (extractor, weights): metrics on features are computed in the space of each.
    metrics: names of METRICS, all where there is none; subgroups: attributes (sex, age, view, finding) by whose values
    everything is computed again; training: the images that the model learnt from; operating_point: weights or youden;
    anew: also measure what was measured before.
    Raises ValidationError, by field, for what cannot be scored.
    """
    asked = {"metrics": list(dict.fromkeys(metrics)), "subgroups": list(dict.fromkeys(subgroups))}
    sets = {"synthetic": synthetic, "reference": reference, "training": training}
    check_request(**sets, **asked, extractor=extractor, weights=weights, also=also)  # type: ignore[arg-type]
    run = ScoringRun(
        workspace=synthetic.workspace,
        created_by=user,
        **sets,
        **asked,
        extractor=extractor,
        weights=weights,
        also=[{"extractor": name, "weights": files} for name, files in also],
        operating_point=operating_point,
        seed=seed,
        anew=anew,
    )
    run.clean_fields(exclude=["workspace", "created_by", "synthetic", "reference", "training"])
    run.save(force_insert=True)
    for stage, kind in ((ScoringStep.PLANNING, StepKind.PLAN), (ScoringStep.MEASURING, StepKind.MEASURE)):
        ScoringStep.objects.create(run=run, stage=stage, position=0, kind=kind)
    record(workspace=run.workspace, actor=user, action="scoring.start", target=run, details=_details(run))
    if queue:
        publish_scoring(run)
    return run


def _details(run: ScoringRun) -> dict[str, object]:
    networks = [f"{name} {weights}".strip() for name, weights in run.choices]
    return {
        "synthetic": run.synthetic.digest,
        "reference": run.reference.digest,
        "training": run.training.digest if run.training else "",
        "networks": networks,
        "metrics": run.metrics,
        "subgroups": run.subgroups,
        "operating_point": run.operating_point,
    }


def publish_scoring(run: ScoringRun, messages: int = 1) -> None:
    """Put messages for the run's free steps into the queue once the transaction is through."""
    from evaluation.tasks import score

    wanted = min(messages, run.steps.free().count())
    if wanted:
        ScoringRun.objects.filter(pk=run.pk).update(published_at=timezone.now())
    for _ in range(wanted):
        transaction.on_commit(lambda: score.delay(str(run.pk)))


def republish_scoring(run: ScoringRun) -> None:
    """What the sweeper calls for a run that nobody works on: its messages were lost with a worker or a broker."""
    if run.is_overdue:
        publish_scoring(run, LANES)


def cancel_scoring(*, run: ScoringRun, user: User | None) -> None:
    """Ask for a run to stop; nothing of it is kept but the features that are already extracted."""
    with transaction.atomic():
        run.request_cancel()
        record(workspace=run.workspace, actor=user, action="scoring.cancel", target=run, details={})
