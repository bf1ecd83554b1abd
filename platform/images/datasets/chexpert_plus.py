"""CheXpert Plus (Chambon et al. 2024, arXiv:2405.19538): one table with reports, labels as lines of JSON, PNG or DICOM.

Directory: df_chexpert_plus_240401.csv, chexbert_labels/impression_fixed.json (findings_, report_), PNG/train/patient.../...
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from images.attributes import Attributes
from images.datasets.chexpert import PATIENT
from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.compact import CompactMap
from images.datasets.observations import OBSERVATIONS, encoded, findings_of
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, Listed, Refusal
from images.layouts.stream import Row, StreamedTable, find_table, text_lines

TABLE = "df_chexpert_plus_240401.csv"
COLUMNS = ("path_to_image", "frontal_lateral", "ap_pa", "deid_patient_id", "age", "sex", "split")
REPORT = ("section_impression", "section_findings")
# Of the three label files, the one on the impression says what the radiologist concluded.
LABEL_SOURCES = ("impression", "findings", "report")
_PLACES = (
    "PNG/{stem}.png", "PNG/PNG/{stem}.png", "PNGs/{stem}.png", "{stem}.png", "{stem}.jpg", "DICOM/{stem}.dcm",
    "{stem}.dcm",
)  # fmt: skip


def read_chexpert_plus(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the table and find the labels."""
    name = find_table(folder, [TABLE], "It should lie in the folder, beside PNG/ and chexbert_labels/.")
    table = StreamedTable(folder, name, COLUMNS, REPORT)
    labels = f"{options.labels or LABEL_SOURCES[0]}_fixed.json"
    where = "It should lie in chexbert_labels/, beside the table."
    label_file = find_table(folder, [f"chexbert_labels/{labels}", labels], where)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        codes = CompactMap(_codes(folder, label_file, notes))
        places = Places(folder, table.base, *_PLACES)
        for line, row in table.rows():
            yield _entry(f"{name}, line {line}", row, places, codes.get(_stem(row["path_to_image"])), options.uncertain)

    return walk


def _codes(folder: Folder, name: str, notes: Counter[str]) -> Iterator[tuple[str, int]]:
    for line in text_lines(folder, name):
        if not line.strip():
            continue
        try:
            labels = json.loads(line)
            yield _stem(labels["path_to_image"]), encoded({name: _cell(labels.get(name)) for name in OBSERVATIONS})
        except (ValueError, KeyError, TypeError, AttributeError):
            notes[f"lines of {name} not understood"] += 1


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _stem(path: str) -> str:
    return path.rsplit(".", 1)[0]


def _entry(place: str, row: Row, places: Places, code: int | None, policy: str) -> Entry:
    written = row["path_to_image"]
    if not written:
        return Refusal(place, "names no file")
    try:
        return Listed(places.of(stem=_stem(written)), _known(row, code, policy), row["split"].lower())
    except ValueError as error:
        return Refusal(written, str(error))


def _known(row: Row, code: int | None, policy: str) -> Attributes:
    present, uncertain = findings_of(code or 0, policy)
    patient = PATIENT.search(row["deid_patient_id"]) or PATIENT.search(row["path_to_image"])
    return known_of_row(
        findings=present,
        uncertain=uncertain,
        patient=patient[0] if patient else "",
        age=row["age"],
        sex=row["sex"],
        view="LATERAL" if row["frontal_lateral"] == "Lateral" else row["ap_pa"],
        caption=next((text for name in REPORT if (text := row.get(name, ""))), ""),
        notes=() if code is not None else ("images without a row of labels",),
    )


CHEXPERT_PLUS = Collection(
    "chexpert-plus", "CheXpert Plus", read_chexpert_plus, splits=("train", "valid"), label_sources=LABEL_SOURCES
)
