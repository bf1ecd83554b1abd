"""Scoring runs, and the steps that they are cut into."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from evaluation.metrics import Settings
from images.models import ImageSet
from jobs.models import Cancelled, Run, RunState, stale_before


class OperatingPoint(models.TextChoices):
    """The threshold of each of the classifier's classes."""

    WEIGHTS = "weights", "the threshold that comes with the weights"
    YOUDEN = "youden", "where Youden's index is largest on the reference"


class ScoringRunQuerySet(WorkspaceQuerySet["ScoringRun"]):
    """Scoring runs, by who may see them."""

    view_action = Action.VIEW_SCORES


class ScoringRun(Run):
    """The scoring of one synthetic image set against a reference set, on the features of one network or several."""

    verb = "Scoring"

    synthetic = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="scored_in")
    reference = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="reference_in")
    extractor = models.CharField(max_length=60)
    weights = models.CharField(max_length=500, blank=True)
    # Further networks, each {"extractor": ..., "weights": ...}: metrics on features are computed on every one.
    also = models.JSONField(default=list, blank=True)
    # Names of METRICS; empty for all.
    metrics = models.JSONField(default=list, blank=True)
    # Attributes by whose values the metrics are computed again: sex, age, view, finding.
    subgroups = models.JSONField(default=list, blank=True)
    training = models.ForeignKey(
        ImageSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="training_of_scored"
    )
    # Where a classifier calls a finding present.
    operating_point = models.CharField(max_length=7, choices=OperatingPoint.choices, default=OperatingPoint.WEIGHTS)
    seed = models.PositiveIntegerField(default=0)
    # What the networks are, once they were opened: facts of each, the first extractor first.
    networks = models.JSONField(default=list, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    objects = ScoringRunQuerySet.as_manager()

    class Meta(Run.Meta):
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.synthetic.name} against {self.reference.name}"

    def get_absolute_url(self) -> str:
        """The page of this run."""
        return reverse("evaluation:scoring_run_detail", args=[self.pk])

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(extractor, weights) of every network asked for, the first one first."""
        return [(self.extractor, self.weights), *((one["extractor"], one["weights"]) for one in self.also)]

    @property
    def measuring(self) -> Settings:
        """What the metrics are told."""
        return Settings(seed=self.seed, operating_point="youden" if self.operating_point == "youden" else "weights")

    def image_sets(self) -> list[ImageSet]:
        """The sets whose features the run needs."""
        return [self.synthetic, self.reference, *([self.training] if self.training else [])]

    def begin(self) -> None:
        """Mark a queued run as running; a run that runs already stays as it is, for its other workers' sake."""
        now = timezone.now()
        self._rows().filter(state=RunState.QUEUED, cancel_requested=False).update(
            state=RunState.RUNNING, attempt=1, started_at=now, heartbeat_at=now
        )
        self.refresh_from_db()

    @property
    def is_overdue(self) -> bool:
        """Whether its messages should be published again: nobody has worked for a while.

        The waits grow with the silence, so that a site without workers does not fill its queue.
        """
        now = timezone.now()
        silence = now - (self.heartbeat_at or self.created_at)
        return self.published_at is None or now - self.published_at >= silence / 2


class StepKind(models.TextChoices):
    """What is to be done."""

    PLAN = "plan", "Opening the networks"
    IMAGES = "images", "Looking at images"
    HALVES = "halves", "Looking at mirrored halves"
    TEXTS = "texts", "Reading prompts"
    MEASURE = "measure", "Measuring"


class StepState(models.TextChoices):
    """Where a step stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class ScoringStepQuerySet(models.QuerySet["ScoringStep"]):
    """Steps of scoring runs."""

    def unfinished(self) -> Self:
        """Steps that somebody has or should have in hand."""
        return self.exclude(state=StepState.DONE)

    def free(self) -> Self:
        """Steps that may be taken: nobody has them, or their worker is dead, and all before them are done.

        Steps of one stage (extraction) go side by side; planning comes before it, measuring after it.
        """
        earlier = ScoringStep.objects.unfinished().filter(run=OuterRef("run"), stage__lt=OuterRef("stage"))
        idle = Q(state=StepState.QUEUED) | Q(state=StepState.RUNNING, heartbeat_at__lt=stale_before())
        return self.filter(idle, ~Exists(earlier))


class ScoringStep(models.Model):
    """A piece of a run that one worker does: the plan, the features of some images or prompts, the measuring.

    `network`: position in the run's networks; `keys`: digests of the images, or the prompts themselves.
    """

    PLANNING, EXTRACTING, MEASURING = 0, 1, 2

    run = models.ForeignKey(ScoringRun, on_delete=models.CASCADE, related_name="steps")
    stage = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=7, choices=StepKind.choices)
    network = models.PositiveSmallIntegerField(default=0)
    keys = ArrayField(models.TextField(), default=list, blank=True)
    size = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    objects = ScoringStepQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["stage", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "stage", "position"], name="one_step_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().lower()} ({self.size})" if self.size else self.get_kind_display().lower()

    @classmethod
    @transaction.atomic
    def claim_next(cls, run: ScoringRun) -> "ScoringStep | None":
        """Take the first step that is free; None when there is none.

        Two workers never get the same one: the row is locked, and locked rows are skipped.
        """
        step = run.steps.free().select_for_update(skip_locked=True, of=("self",)).first()
        if step is None:
            return None
        step.state, step.heartbeat_at, step.attempt = StepState.RUNNING, timezone.now(), step.attempt + 1
        step.save(update_fields=["state", "heartbeat_at", "attempt"])
        return step

    @property
    def is_hopeless(self) -> bool:
        """Whether this attempt is one too many."""
        return self.attempt > settings.RUN_MAX_ATTEMPTS

    def beat(self, done: int | None = None) -> None:
        """Say that the worker lives, and how far it is. Raises Cancelled when another worker has the step by now."""
        self.done = self.done if done is None else done
        if not self.mine().update(heartbeat_at=timezone.now(), done=self.done):
            raise Cancelled

    def finish(self) -> None:
        """All of it is kept; what it was about is no longer needed."""
        self.mine().update(state=StepState.DONE, heartbeat_at=None, done=self.size, keys=[])

    def release(self) -> None:
        """Give it back, unblamed: this worker has done its share for now."""
        self.mine().update(state=StepState.QUEUED, heartbeat_at=None, attempt=F("attempt") - 1)

    def mine(self) -> ScoringStepQuerySet:
        """This step, while this attempt of it has it in hand."""
        return ScoringStep.objects.filter(pk=self.pk, state=StepState.RUNNING, attempt=self.attempt)
