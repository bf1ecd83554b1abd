"""What was measured once: kept under a digest of everything that it is a function of."""

from typing import ClassVar

from django.db import models

from accounts.models import Workspace


class KeptMeasurement(models.Model):
    """A part of a card as it was measured, as JSON text: the numbers come back as they were, byte for byte.

    Kept for one workspace, not for all: when something was measured first is nobody else's business.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    text = models.TextField()
    measured_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_measurement_per_key"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["workspace", "measured_at"])]

    def __str__(self) -> str:
        return self.key[:12]
