"""The PDF report of a score card."""

from django.db import models
from django.urls import reverse

from accounts.models import WorkspaceQuerySet
from accounts.policy import Action
from evaluation.models.cards import ScoreCard
from jobs.documents import Document


class CardReportQuerySet(WorkspaceQuerySet["CardReport"]):
    """Reports, by who may see them."""

    view_action = Action.VIEW_SCORES


class CardReport(Document):
    """A card on A4, set by a worker."""

    card = models.OneToOneField(ScoreCard, on_delete=models.CASCADE, related_name="report")

    objects = CardReportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"the PDF report of {self.card}"

    def get_absolute_url(self) -> str:
        """The page that says where it stands."""
        return reverse("evaluation:score_card_report", args=[self.card_id])
