"""Starting and cancelling usefulness runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from evaluation.models import UsefulnessRun
from images.models import ImageSet

#: Bounds of what can be asked for: the work must end, and fit into memory.
SIDES = (32, 64, 96, 128, 160, 224)
MOST_STEPS, MOST_REPEATS = 5_000, 5
FEWEST_IMAGES = 40
TEST_SHARES = (0.1, 0.5)


@transaction.atomic
def start_usefulness(
    *,
    real: ImageSet,
    synthetic: ImageSet,
    user: User | None,
    test: ImageSet | None = None,
    test_share: float = 0.3,
    findings: Sequence[str] = (),
    side: int = 128,
    steps: int = 800,
    repeats: int = 2,
    seed: int = 0,
    queue: bool = True,
) -> UsefulnessRun:
    """Queue the trainings; with queue=False the caller works on the run. Raises ValidationError, by field."""
    _check_sets(real, synthetic, test)
    _check_numbers(side=side, steps=steps, repeats=repeats, test_share=test_share)
    run = UsefulnessRun.objects.create(
        workspace=real.workspace,
        created_by=user,
        real=real,
        synthetic=synthetic,
        test=test,
        test_share=test_share,
        findings=[str(name) for name in findings],
        side=side,
        steps=steps,
        repeats=repeats,
        seed=seed,
    )
    details = {"real": real.digest, "synthetic": synthetic.digest, "test": test.digest if test else "", "seed": seed}
    record(workspace=run.workspace, actor=user, action="usefulness.start", target=run, details=details)
    if queue:
        publish_usefulness(run)
    return run


def _check_sets(real: ImageSet, synthetic: ImageSet, test: ImageSet | None) -> None:
    errors: dict[str, str] = {}
    for field, image_set in (("real", real), ("synthetic", synthetic), ("test", test)):
        if image_set is not None and image_set.count < FEWEST_IMAGES:
            errors[field] = f"Training and testing need at least {FEWEST_IMAGES} images; there are {image_set.count}."
        if image_set is not None and image_set.workspace_id != real.workspace_id:
            errors[field] = "All sets must lie in the same workspace."
    if real.digest == synthetic.digest:
        errors["synthetic"] = "Both sets hold exactly the same images. Choose the images that were generated."
    if test is not None and test.digest in (real.digest, synthetic.digest):
        errors["test"] = "A set cannot test what was trained on it. Leave this empty to keep patients of the real set."
    if errors:
        raise ValidationError(errors)


def _check_numbers(*, side: int, steps: int, repeats: int, test_share: float) -> None:
    errors: dict[str, str] = {}
    if side not in SIDES:
        errors["side"] = f"One of {', '.join(map(str, SIDES))} pixels."
    if not 1 <= steps <= MOST_STEPS:
        errors["steps"] = f"Between 1 and {MOST_STEPS:,} steps."
    if not 1 <= repeats <= MOST_REPEATS:
        errors["repeats"] = f"Between 1 and {MOST_REPEATS} trainings of each kind."
    if not TEST_SHARES[0] <= test_share <= TEST_SHARES[1]:
        errors["test_share"] = f"Between {TEST_SHARES[0]} and {TEST_SHARES[1]}."
    if errors:
        raise ValidationError(errors)


def publish_usefulness(run: UsefulnessRun) -> None:
    """Publish the run's work once the transaction has ended."""
    from evaluation.usefulness.tasks import train_usefulness

    transaction.on_commit(lambda: train_usefulness.delay(str(run.pk)))


@transaction.atomic
def cancel_usefulness(*, run: UsefulnessRun, user: User | None) -> None:
    """Ask a run to stop; trainings that are finished are kept for the same request."""
    if not run.is_finished:
        run.request_cancel()
        record(workspace=run.workspace, actor=user, action="usefulness.cancel", target=run, details={})
