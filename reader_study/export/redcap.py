"""A REDCap data dictionary of the long table: 18 columns in REDCap's order, one instrument, one record a read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reader_study.export.columns import Column
from reader_study.export.errors import ExportError
from reader_study.export.tables import write_csv

HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
RECORD = Column("record_id", "text", "Number of the row in reads.csv")
FORM = "reads"
_LONGEST_NAME = 26


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a dictionary. choices: (value, label); empty for a text field."""

    name: str
    form: str
    type: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    note: str = ""
    validation: str = ""


def redcap_fields(columns: Sequence[Column]) -> list[Field]:
    """The columns of a table as fields, after the record's number. Names are made lower-case, plain and short."""
    names: dict[str, Column] = {}
    for column in (RECORD, *columns):
        names[_name(column.name, names)] = column
    return [_field(name, column) for name, column in names.items()]


def write_redcap(fields: Iterable[Field]) -> Iterator[bytes]:
    """The dictionary as REDCap imports it (Project Setup, Data Dictionary)."""
    return write_csv(HEADER, (dict(zip(HEADER, _cells(field))) for field in fields))


def read_redcap(data: bytes) -> list[Field]:
    """The fields of a dictionary. Raises ExportError where the columns are not REDCap's."""
    lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    if tuple(next(lines, ())) != HEADER:
        raise ExportError("These are not the 18 columns of a REDCap data dictionary.")
    return [
        Field(
            name=line[0], form=line[1], type=line[3], label=line[4], choices=_choices(line[5]), note=line[6],
            validation=line[7],
        )
        for line in lines
    ]  # fmt: skip


def _cells(field: Field) -> list[str]:
    choices = " | ".join(f"{value}, {label}" for value, label in field.choices)
    return [field.name, field.form, "", field.type, field.label, choices, field.note, field.validation, *[""] * 10]


def _field(name: str, column: Column) -> Field:
    choices = _choices(column.values)
    validation = {"integer": "integer", "number": "number"}.get(column.kind, "")
    unit = f" ({column.unit})" if column.unit else ""
    note = f"reads.csv: {column.name}{unit}" if column is not RECORD else ""
    if choices:
        return Field(name, FORM, "radio", column.description, choices, note)
    return Field(name, FORM, "text", column.description, (), note, validation)


def _choices(values: str) -> tuple[tuple[str, str], ...]:
    """ "1, yes | 0, no" as pairs; a value without a label is its own."""
    if not values:
        return ()
    parts = (part.strip().partition(", ") for part in values.split(" | "))
    return tuple((value, label or value) for value, _, label in parts)


def _name(name: str, taken: Iterable[str]) -> str:
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "field"
    plain = plain if plain[0].isalpha() else f"f_{plain}"
    short, number = plain[:_LONGEST_NAME].rstrip("_"), 1
    while short in taken:
        number += 1
        ending = f"_{number}"
        short = plain[: _LONGEST_NAME - len(ending)] + ending
    return short
