"""Score cards and their scores."""

from typing import ClassVar

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceModel, WorkspaceQuerySet
from accounts.policy import Action
from evaluation.metrics import METRICS, Metric
from evaluation.models.runs import ScoringRun
from images.models import ImageSet


class ScoreCardQuerySet(WorkspaceQuerySet["ScoreCard"]):
    """Score cards, by who may see them and by what one looks for."""

    view_action = Action.VIEW_SCORES

    def matching(self, words: str) -> "ScoreCardQuerySet":
        """Cards on whose sets or extractor every one of the words is found."""
        found = self
        for word in words.split():
            named = models.Q(synthetic__name__icontains=word) | models.Q(reference__name__icontains=word)
            found = found.filter(named | models.Q(run__weights__icontains=word))
        return found

    def with_sets(self) -> "ScoreCardQuerySet":
        """Cards with their run and both sets fetched along."""
        return self.select_related("run", "synthetic", "reference")


class ScoreCard(WorkspaceModel):
    """The scores of one synthetic image set against one reference image set."""

    run = models.OneToOneField(ScoringRun, on_delete=models.CASCADE, related_name="card")
    synthetic = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="score_cards")
    reference = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="reference_cards")
    provenance = models.JSONField(default=dict)
    neighbours = models.JSONField(default=dict)

    objects = ScoreCardQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.synthetic.name} against {self.reference.name}"

    def get_absolute_url(self) -> str:
        """The page of this card."""
        return reverse("evaluation:score_card_detail", args=[self.pk])

    @property
    def is_phantom(self) -> bool:
        """Whether drawn phantoms, not radiographs of people, are on either side."""
        return self.synthetic.is_phantom or self.reference.is_phantom


class Score(models.Model):
    """One number of a card with its interval, or the reason why there is none."""

    card = models.ForeignKey(ScoreCard, on_delete=models.CASCADE, related_name="scores")
    position = models.PositiveIntegerField()
    metric = models.CharField(max_length=60)
    finding = models.CharField(max_length=100, blank=True)
    subgroup = models.CharField(max_length=100, blank=True)
    space = models.CharField(max_length=200, blank=True)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    method = models.CharField(max_length=300, blank=True)
    direction = models.CharField(max_length=6)
    baseline = models.JSONField(null=True)
    baseline_label = models.CharField(max_length=100, blank=True)
    refused = models.TextField(blank=True)
    extra = models.JSONField(default=dict)
    # When the number was measured first: before the run where it was kept from an earlier one.
    measured_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["card", "metric", "space", "finding", "subgroup"],
                name="one_score_per_metric_space_finding_subgroup",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.refused or self.value}"

    @property
    def definition(self) -> Metric:
        """The metric's entry in the registry; a stand-in where the plug-in that it came from is gone."""
        return METRICS.get(self.metric) or _unregistered(self.metric)

    @property
    def title(self) -> str:
        """The metric's title, and extractor, finding and subgroup where it is of one in particular."""
        return ", ".join(part for part in (self.definition.title, self.space, self.finding, self.subgroup) if part)


def _unregistered(name: str) -> Metric:
    """Stands for a metric that is not installed here; its stored scores are shown still."""
    title = name.replace("_", " ").capitalize()
    return Metric(name, title, "other", "match", frozenset(), 0, "", function=lambda comparison: ())
