"""The reads of an unsealed study as rows: the answers that count, joined with the key that was revealed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count

from reader_study.analysis import RatingTable
from reader_study.export.cells import Cell
from reader_study.export.columns import Asked, Column, long_columns
from reader_study.models import Reading, Study, StudyState
from reader_study.questions import CALL, FIRST_SYNTHETIC, REALISM, SOURCE_CONFIDENCE
from reader_study.reads.findings import finding_columns, findings_left_open

_FIELDS = (
    "presentation",
    "presentation__reader__code",
    "presentation__reader__group",
    "presentation__reader__simulated",
    "presentation__reader__seed",
    "presentation__position",
    "presentation__block",
    "presentation__arm",
    "presentation__is_repeat",
    "presentation__repeat_of__position",
    "presentation__case__code",
    "revision",
    "answers",
    "active_ms",
    "total_ms",
    "first_paint_ms",
    "events",
    "created_at",
)

Row = dict[str, Cell]

_NEVER: Row = {"answered_at": None, "shown_at": None}


def require_unsealed(study: Study) -> None:
    """Raise ValidationError unless the key of `study` is revealed: before that nothing may join answers with truth."""
    if study.state != StudyState.UNSEALED or not study.revealed_key:
        raise ValidationError("The study is not unsealed yet: close it and unseal it, then its results can be seen.")


def questions_of(study: Study) -> tuple[Asked, ...]:
    """The questions as they were locked."""
    return tuple(
        Asked(asked["slug"], asked["text"], tuple((choice["value"], choice["label"]) for choice in asked["choices"]))
        for asked in (study.protocol or {}).get("questions", ())
    )


def cut_of(study: Study) -> float:
    """The lowest rating that counts as a call of synthetic, as it was locked."""
    cut: float = (study.protocol or {}).get("analysis", {}).get("called_synthetic_from", FIRST_SYNTHETIC)
    return cut


def columns_of(study: Study) -> tuple[Column, ...]:
    """The columns of the study's long table."""
    return long_columns(questions_of(study))


def read_rows(study: Study) -> Iterator[Row]:
    """One row a read, by reader and position, with the truth. Raises ValidationError before unsealing."""
    require_unsealed(study)
    key = (study.revealed_key or {})["key"]
    left_open = findings_left_open(study)
    for row in answer_rows(study):
        code = str(row["case_code"])
        yield row | _truth(key[code]) | {"findings_open": left_open.get(code)}


def answer_rows(study: Study) -> Iterator[Row]:
    """One row a read, by reader and position: the answers that count, and nothing that tells one class from the other."""
    cut = cut_of(study)
    readings = Reading.objects.filter(presentation__reader__study=study)
    whole = readings.filter(complete=True, late=False).values_list("presentation").annotate(Count("pk"))
    answers_given = dict(whole.values_list("presentation", "pk__count"))
    counted = readings.counting().order_by("presentation__reader__code", "presentation__position").values(*_FIELDS)
    for values in counted.iterator(chunk_size=1_000):
        row = _row(values, answers_given) | _call(str(study.pk), values, cut)
        # When imported readings were made is not known; the database knows when they came.
        yield row | _NEVER if study.is_imported else row


def rating_table(rows: list[Row]) -> RatingTable:
    """The rows as the table that the analysis takes; hidden repeats are numbered from 1 within reader, case and arm."""
    seen: dict[tuple[Cell, ...], int] = {}
    replicate = []
    for row in rows:
        place = (row["reader_code"], row["case_code"], row.get("arm"))
        seen[place] = seen.get(place, 0) + 1 if row["is_repeat"] else seen.get(place, 0)
        replicate.append(seen[place] if row["is_repeat"] else 0)
    extra = {REALISM: _numbers(rows, REALISM)} if any(row.get(REALISM) is not None for row in rows) else {}
    extra |= finding_columns(rows)
    return RatingTable.build(
        reader=[str(row["reader_code"]) for row in rows],
        case=[str(row["case_code"]) for row in rows],
        truth=[1 if row["truth"] else 0 for row in rows],
        source=[_source_label(row) for row in rows],
        arm=[str(row.get("arm") or "") for row in rows],
        rating=_numbers(rows, "rating"),
        call=_numbers(rows, "call"),
        seconds=_numbers(rows, "seconds_active"),
        replicate=replicate,
        position=[int(str(row["trial_index"])) for row in rows],
        extra=extra,
    )


def _source_label(row: Row) -> str:
    """ "real", or what made the synthetic case: a generator that calls itself real must not hide among the real ones."""
    label = str(row["generator"] or row["source"])
    return f"synthetic: {label}" if row["truth"] and label == "real" else label


def _numbers(rows: list[Row], name: str) -> list[float]:
    return [float("nan") if row.get(name) is None else float(str(row[name])) for row in rows]


def _call(study_id: str, values: dict[str, Any], cut: float) -> Row:
    """Rating and call. Where the call was asked for itself, as it may be in imported readings, it is taken as it is."""
    rating = values["answers"].get(SOURCE_CONFIDENCE)
    call = values["answers"].get(CALL, None if rating is None else int(rating >= cut))
    return {"study_id": study_id, "rating": rating, "call": call}


def _truth(key: dict[str, Any]) -> Row:
    return {
        "source": key["source"],
        "generator": key["generator"] or None,
        "truth": int(key["source"] == "synthetic"),
        "findings": "|".join(key["findings"]) or None,
    }


def _row(values: dict[str, Any], answers_given: dict[int, int]) -> Row:
    repeat_of = values["presentation__repeat_of__position"]
    row: Row = dict(values["answers"])
    row |= {
        "reader_code": values["presentation__reader__code"],
        "reader_group": values["presentation__reader__group"] or None,
        "reader_simulated": values["presentation__reader__simulated"],
        "arm": values["presentation__arm"] or None,
        "session_no": values["presentation__block"] + 1,
        "trial_index": values["presentation__position"] + 1,
        "case_code": values["presentation__case__code"],
        "is_repeat": values["presentation__is_repeat"],
        "first_trial_index": None if repeat_of is None else repeat_of + 1,
        "changed_answer": answers_given.get(values["presentation"], 1) > 1,
        "revisions": values["revision"],
        "deck_seed": values["presentation__reader__seed"],
    }
    return row | _timing(values) | _tools(values["events"])


def _timing(values: dict[str, Any]) -> Row:
    total = values["total_ms"]
    answered = values["created_at"]
    return {
        "seconds_active": _seconds(values["active_ms"]),
        "seconds_total": _seconds(total),
        "seconds_first_paint": _seconds(values["first_paint_ms"]),
        "answered_at": answered,
        "shown_at": None if total is None else answered - timedelta(milliseconds=total),
    }


def _tools(events: dict[str, Any]) -> Row:
    window, tools = events.get("window", {}), events.get("tools", {})
    counts = [value for value in tools.values() if isinstance(value, int) and not isinstance(value, bool)]
    return {
        "window_center": _number(window.get("center")),
        "window_width": _number(window.get("width")),
        "tool_uses": sum(counts) if tools else None,
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
