"""The tables of a bundle that come from the database: the design, what was done, and the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from audit.models import Event
from reader_study import blinding
from reader_study.export.cells import Cell
from reader_study.export.columns import AUDIT, DESIGN
from reader_study.export.tables import write_csv
from reader_study.models import Presentation, Reader, Study

# The settings that say nothing of the cases: not how many there are of each class, nor how they were drawn and ordered.
_OPEN_SETTINGS = ("margin", "alpha", "repeats_share", "break_every", "frame_size")
_OPEN_PROTOCOL = ("version", "study", "analysis", "questions", "reader_title", "instructions", "consent_text")

_SHOWN = (
    "reader__code", "reader__group", "block", "position", "case__code", "arm", "is_repeat", "repeat_of__position", "done",
)  # fmt: skip


def design_table(study: Study) -> Iterator[bytes]:
    """One row for every case that was to be shown to a reader, in order: nothing of the key is asked for."""
    shown = Presentation.objects.filter(reader__study=study).with_done().order_by("reader__code", "position")
    # The annotation `done` is not known to the types of `values`.
    values: Any = shown.values(*_SHOWN)
    rows = (_design_row(one) for one in values.iterator(chunk_size=2_000))
    return write_csv([column.name for column in DESIGN], rows)


def _design_row(one: dict[str, Any]) -> dict[str, Cell]:
    first = one["repeat_of__position"]
    return {
        "reader_code": one["reader__code"],
        "reader_group": one["reader__group"] or None,
        "session_no": one["block"] + 1,
        "trial_index": one["position"] + 1,
        "case_code": one["case__code"],
        "arm": one["arm"] or None,
        "is_repeat": one["is_repeat"],
        "first_trial_index": None if first is None else first + 1,
        "answered": one["done"],
    }


def audit_table(study: Study) -> Iterator[bytes]:
    """What was done to the study and its readers until it was unsealed; people appear as codes and numbers."""
    events = Event.objects.filter(workspace=study.workspace_id)
    about = Q(target_type=study._meta.label_lower, target_id=str(study.pk)) | Q(details__study=str(study.pk))
    last = events.filter(about, action__in=("study.unsealed", "study.imported")).order_by("id").last()
    found = events.filter(about, id__lte=last.pk if last else 0).order_by("id")
    names = {user: code for user, code in Reader.objects.filter(study=study).values_list("user", "code") if user}
    rows = (_audit_row(event, names) for event in found.iterator())
    return write_csv([column.name for column in AUDIT], rows)


def _audit_row(event: Event, names: dict[int, str]) -> dict[str, Cell]:
    actor = "system"
    if event.actor_id is not None:
        members = sum(1 for name in names.values() if name.startswith("member "))
        actor = names.setdefault(event.actor_id, f"member {members + 1}")
    return {
        "at": event.at,
        "actor": actor,
        "action": event.action,
        "target": event.target_type.rpartition(".")[2],
        "details": json.dumps(event.details, sort_keys=True, ensure_ascii=False),
        "hash": event.hash,
    }


def open_protocol(study: Study) -> bytes:
    """What of the locked protocol may be known before unsealing, with the hash and the commitment of the whole."""
    protocol = study.protocol or {}
    told = {name: protocol[name] for name in _OPEN_PROTOCOL if name in protocol}
    told["settings"] = {name: value for name, value in study.settings.items() if name in _OPEN_SETTINGS}
    told |= {"protocol_hash": study.protocol_hash, "key_commitment": study.key_commitment}
    return blinding.canonical_json(told)


def blinding_audit(study: Study) -> dict[str, Any] | None:
    """How alike both sides were before the lock, and why it was locked all the same; None where there is no report."""
    if study.blinding_report is None and study.selection is None:
        return None
    return {
        "report": study.blinding_report,
        "selection": study.selection,
        "suspicious": [row["feature"] for row in study.suspicious],
        "acknowledgement": study.acknowledgement,
    }
