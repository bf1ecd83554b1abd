"""Writing to the log, and checking that nobody changed it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import User, Workspace
from audit.models import FIRST_HASH, Event

# Any constant: it names the lock that makes the chain's writers wait for each other.
_CHAIN_LOCK = 0x4E45_4741


@transaction.atomic
def record(
    *,
    workspace: Workspace,
    actor: User | AnonymousUser | None,
    action: str,
    target: models.Model,
    details: Mapping[str, Any] | None = None,
) -> Event:
    """Append one event. It stands or falls with the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = Event.objects.order_by("-id").values_list("hash", flat=True).first()
    person = actor if isinstance(actor, User) else None
    event = Event(
        workspace=workspace,
        at=timezone.now(),
        actor=person,
        actor_name=person.username if person else "system",
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_name=str(target)[:200],
        # Through JSON once, so that the hash is taken over what the database will give back.
        details=json.loads(json.dumps(dict(details or {}), default=str)),
        previous_hash=last or FIRST_HASH,
    )
    event.hash = event.computed_hash()
    event.save(force_insert=True)
    return event


@dataclass(frozen=True)
class ChainCheck:
    """Outcome of a check: how many events were read, and the first that does not fit (None if all do)."""

    events: int
    broken_at: int | None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether every event fits."""
        return self.broken_at is None


def verify_chain() -> ChainCheck:
    """Recompute every hash from the first event on. A removed last event cannot be seen: keep the last hash elsewhere."""
    previous, count = FIRST_HASH, 0
    for event in Event.objects.order_by("id").iterator():
        count += 1
        if event.previous_hash != previous:
            return ChainCheck(count, event.pk, "an event before it was removed or inserted")
        if event.hash != event.computed_hash():
            return ChainCheck(count, event.pk, "its content was changed")
        previous = event.hash
    return ChainCheck(count, None)
