"""The audit log: an append-only chain in which every event carries the hash of the one before it."""

import hashlib
import json
from typing import ClassVar, Self

import pgtrigger
from django.db import models

from accounts.models import User, Workspace, WorkspaceQuerySet
from accounts.policy import Action

FIRST_HASH = "0" * 64


class EventQuerySet(WorkspaceQuerySet["Event"]):
    """Reads of the log."""

    view_action = Action.VIEW_AUDIT

    def matching(self, words: str) -> Self:
        """Events whose actor, action or target contains these words, or whose hash starts with them."""
        anywhere = models.Q(actor_name__icontains=words) | models.Q(target_name__icontains=words)
        return self.filter(anywhere | models.Q(action__icontains=words) | models.Q(hash__startswith=words))


class Event(models.Model):
    """One thing that somebody did, with what identifies it and nothing private."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Names, not only keys: the log outlives the rows that it speaks of.
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    target_name = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.target_name}"

    def computed_hash(self) -> str:
        """SHA-256 over the previous hash and the canonical JSON of what this event says, as hex."""
        said = {
            "workspace": str(self.workspace_id),
            "at": self.at.isoformat(),
            "actor": self.actor_id,
            "actor_name": self.actor_name,
            "action": self.action,
            "target_type": self.target_type,
            "target_id": self.target_id,
            "target_name": self.target_name,
            "details": self.details,
        }
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(f"{self.previous_hash}\n{canonical}".encode()).hexdigest()
