"""The sealed key: in tables of its own, which no code that serves readers ever reads."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from images.models import ImageSetItem, Source
from reader_study.models.case import Case
from reader_study.models.study import Study


class CaseKey(models.Model):
    """What one case is, and where it comes from."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="key")
    source = models.CharField(max_length=9, choices=Source.choices)
    item = models.ForeignKey(ImageSetItem, on_delete=models.PROTECT, related_name="+")
    generator = models.CharField("what made it", max_length=200, blank=True)
    findings = ArrayField(models.CharField(max_length=100), default=list, blank=True)

    class Meta:
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="case_key_never_changes", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"key of {self.case_id}"


class SealedNonce(models.Model):
    """The random number that hides the key in its commitment until the study is unsealed."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="sealed_nonce")
    nonce = models.CharField(max_length=128)

    class Meta:
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="nonce_never_changes", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"nonce of {self.study_id}"
