"""Storing answers: each once, whatever the network, the tabs and the mouse button do."""

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, Subquery

from reader_study.models import Presentation, Reader, Reading, Study, StudyState
from reader_study.sitting import AHEAD, first_open

MAX_EVENTS = 20
MAX_MS = 2**31 - 1
MAX_EXTRA = 4_000


class AnswerRefused(Exception):
    """Nothing of this delivery was stored: the HTTP status, what to tell, and the keys at fault."""

    def __init__(self, status: int, detail: str, keys: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.keys = status, detail, list(keys)


@dataclass(frozen=True)
class AnswerEvent:
    """One delivery of one answer, checked for form; `key` is the browser's own name for it."""

    key: uuid.UUID
    token: str
    answers: dict[str, int]
    active_ms: int | None
    total_ms: int | None
    first_paint_ms: int | None
    extra: dict[str, Any]


def parse_events(body: bytes) -> list[AnswerEvent]:
    """The events of a request's body; the same key twice is one. Raises AnswerRefused with status 400."""
    try:
        events = json.loads(body)["events"]
        if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
            raise AnswerRefused(400, f"Send 1 to {MAX_EVENTS} answers at a time.")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AnswerRefused(400, 'Send JSON of the form {"events": [...]}.') from error
    return list({event.key: event for event in map(_parse_event, events)}.values())


def _parse_event(event: Any) -> AnswerEvent:
    key = event.get("key") if isinstance(event, dict) else None
    try:
        answers = event["answers"]
        if not isinstance(answers, dict) or not isinstance(event["token"], str):
            raise TypeError
        return AnswerEvent(
            key=uuid.UUID(key),
            token=event["token"],
            answers={str(slug): _whole(value) for slug, value in answers.items()},
            extra=_extra(event),
            **{name: _milliseconds(event.get(name)) for name in ("active_ms", "total_ms", "first_paint_ms")},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = "An answer needs a key (UUID), a token, answers (whole numbers by question) and times in milliseconds."
        raise AnswerRefused(400, detail, [str(key)[:40]] if key else []) from error


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _milliseconds(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    if not 0 <= value <= MAX_MS:
        raise ValueError
    return round(value)


def _extra(event: Mapping[str, Any]) -> dict[str, Any]:
    """Final window and counts of tool use: kept as they are, if they are small and storable."""
    extra = {name: event[name] for name in ("window", "tools") if isinstance(event.get(name), dict)}
    text = json.dumps(extra, allow_nan=False)
    if len(text) > MAX_EXTRA or "\\u0000" in text:
        raise ValueError
    return extra


@transaction.atomic
def record_answers(*, reader: Reader, events: Sequence[AnswerEvent]) -> list[str]:
    """Store the events in order, all or none, and return their keys; a key that is stored already is stored.

    `reader` comes with its study and is held by the caller's transaction (`access.for_reader_answers`), so that no
    revision gets a number twice.

    An answer may come for any case that was reached or fetched ahead. One for a case further back than the previous one
    (a tab left open) is kept as late and never counts.
    Raises AnswerRefused: 409 unless the study is open, 404 for a case that is not this reader's to answer now, 400 for
    an answer that the question does not offer.
    """
    _require_open(reader.study)
    places = {place["token"]: place for place in _places(reader, [event.token for event in events])}
    strange = [str(event.key) for event in events if event.token not in places]
    if strange:
        raise AnswerRefused(404, "This case is not yours to answer now.", strange)
    form = reader.study.form or {}
    _check_answers(form, events)
    new = [event for event in events if event.key not in places[event.token]["keys"]]
    Reading.objects.bulk_create(_reading(places[event.token], event, form) for event in new)
    return [str(event.key) for event in events]


def _require_open(study: Study) -> None:
    if study.state == StudyState.OPEN:
        return
    if study.state == StudyState.PAUSED:
        raise AnswerRefused(
            409, "The study is paused. Your answers wait on this computer and are sent when it goes on."
        )
    raise AnswerRefused(409, "The study is closed and takes no more answers. This one stays on this computer only.")


def _places(reader: Reader, tokens: Sequence[str]) -> list[dict[str, Any]]:
    """The presentations among `tokens` that may be answered, with their latest revision."""
    stored = Reading.objects.filter(presentation=OuterRef("pk")).order_by("-revision")
    rows = Presentation.objects.filter(reader=reader, token__in=tokens).annotate(
        first_open=first_open(reader),
        keys=ArraySubquery(stored.values("key")),
        revision=Subquery(stored.values("revision")[:1]),
        answers=Subquery(stored.filter(late=False).values("answers")[:1]),
        limit=_last_offered(reader),
    )
    found = rows.values("pk", "token", "position", "first_open", "keys", "revision", "answers", "limit")
    return [dict(row) for row in found if row["limit"] is None or row["position"] <= row["limit"]]


def _last_offered(reader: Reader) -> Any:
    """The position of the last case that the reader's browser may have: NULL when fewer are left than it may hold."""
    waiting = Presentation.objects.waiting().filter(reader_id=reader.pk).order_by("position")
    return Subquery(waiting.values("position")[AHEAD : AHEAD + 1])


def _check_answers(form: Mapping[str, Any], events: Sequence[AnswerEvent]) -> None:
    offered = {q["slug"]: {choice["value"] for choice in q["choices"]} for q in form["questions"]}
    wrong = [
        str(event.key)
        for event in events
        if not event.answers or any(value not in offered.get(slug, ()) for slug, value in event.answers.items())
    ]
    if wrong:
        raise AnswerRefused(400, "An answer is none of those that the question offers.", wrong)


def _reading(place: dict[str, Any], event: AnswerEvent, form: Mapping[str, Any]) -> Reading:
    """The next revision; `place` is updated for the event after it."""
    late = place["position"] < place["first_open"] - 1
    answers = {**(place["answers"] or {}), **event.answers}
    place["revision"] = (place["revision"] or 0) + 1
    if not late:
        place["answers"] = answers
    return Reading(
        presentation_id=place["pk"],
        revision=place["revision"],
        key=event.key,
        answers=answers,
        complete=all(slug in answers for slug in form["required"]),
        late=late,
        active_ms=event.active_ms,
        total_ms=event.total_ms,
        first_paint_ms=event.first_paint_ms,
        events=event.extra,
    )
