"""MIMIC-CXR-JPG 2.0.0 and 2.1.0 (Johnson et al. 2019, arXiv:1901.07042): 377,110 JPEG files, tables by image and study.

Directory: mimic-cxr-2.0.0-metadata.csv.gz, -split, -chexpert, -negbio, in 2.1.0 also mimic-cxr-2.1.0-test-set-labeled.csv,
and files/p10/p10000032/s50414267/<dicom_id>.jpg. The labels are of the study: each of its images has them.
"""

from collections import Counter
from collections.abc import Iterator

from images.attributes import Attributes
from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.compact import CompactMap
from images.datasets.observations import OBSERVATIONS, UNREAD, encoded, findings_of, unread
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, Listed, Refusal
from images.layouts.stream import Row, StreamedTable, find_table

METADATA = ("dicom_id", "subject_id", "study_id", "ViewPosition")
SPLITS = ("train", "validate", "test")
PARTS = ("", *SPLITS)  # by number; 0 for an image that the table of splits does not name
LABEL_SOURCES = ("chexpert", "negbio", "radiologist")
# Version 2.1.0 kept the names of 2.0.0 and added the last.
_FILES = {
    "metadata": "mimic-cxr-2.0.0-metadata.csv",
    "split": "mimic-cxr-2.0.0-split.csv",
    "chexpert": "mimic-cxr-2.0.0-chexpert.csv",
    "negbio": "mimic-cxr-2.0.0-negbio.csv",
    "radiologist": "mimic-cxr-2.1.0-test-set-labeled.csv",
}
_WHERE = "It should lie in the folder, beside files/, as PhysioNet publishes MIMIC-CXR-JPG."
_PLACES = (
    "files/p{patient:.2}/p{patient}/s{study}/{image}.jpg", "p{patient:.2}/p{patient}/s{study}/{image}.jpg",
    "files/p{patient:.2}/p{patient}/s{study}/{image}.png",
)  # fmt: skip
UNLABELLED = "images without a row of labels"


def read_mimic(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the metadata, the split and the labels asked for."""
    source = options.labels or LABEL_SOURCES[0]
    metadata = _table(folder, "metadata", METADATA)
    split = _table(folder, "split", ("dicom_id", "split"))
    labels = _table(folder, source, ("study_id",), (*OBSERVATIONS, "Airspace Opacity"))

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        codes = CompactMap(_codes(labels, notes))
        splits = CompactMap((row["dicom_id"], _part_number(row["split"])) for _, row in split.rows())
        places = Places(folder, metadata.base, *_PLACES)
        for line, row in metadata.rows():
            code = codes.get(row["study_id"])
            part = PARTS[splits.get(row["dicom_id"]) or 0]
            yield _entry(f"{metadata.name}, line {line}", row, places, (code, part), options.uncertain)

    return walk


def _table(folder: Folder, kind: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> StreamedTable:
    return StreamedTable(folder, find_table(folder, [_FILES[kind]], _WHERE), required, optional)


def _part_number(written: str) -> int:
    return PARTS.index(written) if written in PARTS else 0


def _codes(labels: StreamedTable, notes: Counter[str]) -> Iterator[tuple[str, int]]:
    for _, row in labels.rows():
        if "Airspace Opacity" in row:  # the radiologists' word for it
            row["Lung Opacity"] = row["Airspace Opacity"]
        if unread(row):
            notes[UNREAD] += 1
        yield row["study_id"], encoded(row)


def _entry(place: str, row: Row, places: Places, found: tuple[int | None, str], policy: str) -> Entry:
    if not (row["dicom_id"] and row["subject_id"] and row["study_id"]):
        return Refusal(place, "names no image, patient or study")
    code, split = found
    try:
        known = _known(row, code, policy)
        file = places.of(patient=row["subject_id"], study=row["study_id"], image=row["dicom_id"])
        return Listed(file, known, split)
    except ValueError as error:
        return Refusal(row["dicom_id"], str(error))


def _known(row: Row, code: int | None, policy: str) -> Attributes:
    present, uncertain = findings_of(code or 0, policy)
    notes = () if code is not None else (UNLABELLED,)
    view = row["ViewPosition"]
    return known_of_row(findings=present, uncertain=uncertain, patient=row["subject_id"], view=view, notes=notes)


MIMIC = Collection("mimic", "MIMIC-CXR-JPG", read_mimic, splits=SPLITS, label_sources=LABEL_SOURCES)
