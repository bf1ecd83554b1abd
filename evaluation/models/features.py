"""Where the features of every image lie: kept by content, so that no set that shares an image computes it again."""

from typing import ClassVar

from django.db import models


class FeatureShard(models.Model):
    """One file of features by one extractor, written whole before its rows are known."""

    fingerprint = models.CharField("fingerprint of the extractor", max_length=64)
    key = models.CharField("place in the storage", max_length=200, unique=True)
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class FeatureRow(models.Model):
    """Which row of which file holds the features of one image, or of one text, by its digest."""

    shard = models.ForeignKey(FeatureShard, on_delete=models.CASCADE, related_name="rows")
    fingerprint = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    row = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["fingerprint", "digest"], name="one_feature_row_per_content"),
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]} in {self.shard_id}"
