"""Paired comparisons: two score cards of the same prompts and seeds, compared on their features."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from evaluation.models.cards import ScoreCard
from jobs.models import Run


class PairedComparisonQuerySet(WorkspaceQuerySet["PairedComparison"]):
    """Paired comparisons, by who may see them."""

    view_action = Action.VIEW_SCORES

    def with_cards(self) -> Self:
        """With both cards and their sets fetched along."""
        sets = [f"{card}__{part}" for card in ("first", "other") for part in ("run", "synthetic", "reference")]
        return self.select_related("workspace", "created_by", *sets)


class PairedComparison(Run):
    """The other card against the first, metric by metric; results are those of evaluation.metrics.compare, as JSON."""

    verb = "Comparing"

    first = models.ForeignKey(ScoreCard, on_delete=models.CASCADE, related_name="compared_as_first")
    other = models.ForeignKey(ScoreCard, on_delete=models.CASCADE, related_name="compared_as_other")
    # Declared in advance: their p-values are adjusted together. Also: computed, and exploratory.
    primary = models.JSONField(default=list)
    also = models.JSONField(default=list, blank=True)
    fingerprint = models.CharField("fingerprint of the extractor", max_length=64)
    seed = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=list, blank=True, editable=False)

    objects = PairedComparisonQuerySet.as_manager()

    class Meta(Run.Meta):
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.other.synthetic.name} against {self.first.synthetic.name}, paired"

    def get_absolute_url(self) -> str:
        """The page of both cards, where the outcome is shown."""
        return f"{reverse('evaluation:compare')}?card={self.first_id}&card={self.other_id}"
