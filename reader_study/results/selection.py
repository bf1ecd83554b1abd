"""Narrowing a study's reads: by arm, finding, view and reader group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from reader_study.models import CaseKey, Presentation, Reader, Study

# What reads can be narrowed to, with the words of the filter.
SELECTABLE: dict[str, str] = {"arm": "Arm", "finding": "Finding", "view": "View", "group": "Reader group"}
NO_FINDING = "none known"


def choices_of(study: Study) -> dict[str, list[str]]:
    """What an unsealed study can be narrowed to; a filter with one value is left out, since it narrows nothing."""
    key = (study.revealed_key or {}).get("key", {})
    found = {finding for case in key.values() for finding in case["findings"] or (NO_FINDING,)}
    shown = Presentation.objects.filter(reader__study=study)
    choices = {
        "arm": set(shown.order_by().values_list("arm", flat=True).distinct()),
        "finding": found,
        "view": set(views_of(study).values()),
        "group": set(Reader.objects.filter(study=study).values_list("group", flat=True)),
    }
    return {name: sorted(values - {""}) for name, values in choices.items() if len(values - {""}) > 1}


def views_of(study: Study) -> dict[str, str]:
    """The view (PA, AP, ...) of every case whose picture says it."""
    keys = CaseKey.objects.filter(case__study=study).exclude(item__view="")
    return dict(keys.values_list("case__code", "item__view"))


def chosen_from(study: Study, values: Mapping[str, Any]) -> dict[str, str]:
    """The members of a query that narrow the reads. Raises ValidationError for what the study does not have."""
    chosen = {name: str(values[name]) for name in SELECTABLE if values.get(name)}
    choices = choices_of(study) if chosen else {}
    for name, value in chosen.items():
        if value not in choices.get(name, ()):
            raise ValidationError(f"This study has no reads of {SELECTABLE[name].lower()} {value!r}.")
    return chosen


def selected(rows: Iterable[dict[str, Any]], selection: Mapping[str, str], study: Study) -> list[dict[str, Any]]:
    """The rows (see `reads.read_rows`) that `selection` keeps."""
    views = views_of(study) if "view" in selection else {}
    return [row for row in rows if _kept(row, selection, views)]


def _kept(row: Mapping[str, Any], selection: Mapping[str, str], views: Mapping[str, str]) -> bool:
    findings = str(row["findings"] or NO_FINDING).split("|")
    facts = {"arm": row["arm"] or "", "group": row["reader_group"] or "", "view": views.get(str(row["case_code"]), "")}
    return all(value in findings if name == "finding" else facts[name] == value for name, value in selection.items())


def words_of(selection: Mapping[str, str]) -> str:
    """The selection as a sentence's end: "finding Effusion, view PA"; "" for all reads."""
    return ", ".join(f"{SELECTABLE[name].lower()} {value}" for name, value in selection.items())
