"""Scoring runs, and the steps that they are cut into."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from evaluation.metrics import Settings
from images.models import ImageSet
from jobs.sharing import Piece, PieceQuerySet, SharedRun


class OperatingPoint(models.TextChoices):
    """The threshold of each of the classifier's classes."""

    WEIGHTS = "weights", "the threshold that comes with the weights"
    YOUDEN = "youden", "where Youden's index is largest on the reference"


class ScoringRunQuerySet(WorkspaceQuerySet["ScoringRun"]):
    """Scoring runs, by who may see them."""

    view_action = Action.VIEW_SCORES


class ScoringRun(SharedRun):
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
    # Measure everything again, also what was measured before.
    anew = models.BooleanField(default=False)
    # What the networks are, once they were opened: facts of each, the first extractor first.
    networks = models.JSONField(default=list, blank=True, editable=False)

    objects = ScoringRunQuerySet.as_manager()

    class Meta(SharedRun.Meta):
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


class StepKind(models.TextChoices):
    """What is to be done."""

    PLAN = "plan", "Opening the networks"
    IMAGES = "images", "Looking at images"
    HALVES = "halves", "Looking at mirrored halves"
    TEXTS = "texts", "Reading prompts"
    MEASURE = "measure", "Measuring"


class ScoringStepQuerySet(PieceQuerySet):
    """Steps of scoring runs."""

    def free(self) -> Self:
        """Steps that may be taken: free pieces before which all is done.

        Steps of one stage (extraction) go side by side; planning comes before it, measuring after it.
        """
        earlier = ScoringStep.objects.unfinished().filter(run=OuterRef("run"), stage__lt=OuterRef("stage"))
        return super().free().filter(~Exists(earlier))


class ScoringStep(Piece):
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

    objects = ScoringStepQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["stage", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "stage", "position"], name="one_step_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().lower()} ({self.size})" if self.size else self.get_kind_display().lower()

    def finish(self, **changes: Any) -> None:
        """All of it is kept; what it was about is no longer needed."""
        super().finish(done=self.size, keys=[], **changes)
