"""A picture as readers get it."""

from typing import ClassVar

from django.db import models

from images import content
from reader_study.models.study import Study


class Case(models.Model):
    """One picture to judge, rendered. Nothing here says where it comes from: that is `CaseKey`'s, which is sealed."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="cases")
    # C001, C002, ... in an order drawn from the study's seed and the frames alone. Never shown to readers.
    code = models.CharField(max_length=60)
    # Empty where only readings were imported.
    frame = models.CharField("storage key of the raw frame", max_length=200, blank=True)
    frame_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["study", "code"], name="one_case_per_code"),
            models.UniqueConstraint(
                fields=["study", "frame_sha256"], name="one_case_per_frame", condition=~models.Q(frame_sha256="")
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def frame_bytes(self) -> bytes:
        """The raw frame."""
        return content.read(self.frame)
