"""RSNA Pneumonia Detection Challenge 2018 (Shih et al. 2019): DICOM files, two tables.

Directory: stage_2_train_labels.csv (one line for each box), stage_2_detailed_class_info.csv, stage_2_train_images/<patientId>.dcm.
Age, sex and view stand in the DICOM headers. The images are NIH's: do not compare the two collections as if independent.
"""

from collections import Counter
from collections.abc import Iterator

from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.labels import finding_of
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, Listed, Refusal
from images.layouts.stream import StreamedTable, find_table

LABELS_TABLE, CLASS_TABLE = "stage_2_train_labels.csv", "stage_2_detailed_class_info.csv"
_WHERE = "It should lie in the folder, beside stage_2_train_images/, as Kaggle publishes the challenge."
_PLACES = ("stage_2_train_images/{image}.dcm", "{image}.dcm", "stage_2_train_images/{image}.png", "{image}.jpg")


def read_rsna(folder: Folder, options: ReadingOptions) -> Walk:
    """Open both tables."""
    labels = StreamedTable(folder, find_table(folder, [LABELS_TABLE], _WHERE), ("patientId", "Target"))
    classes = StreamedTable(folder, find_table(folder, [CLASS_TABLE], _WHERE), ("patientId", "class"))

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        class_of = {row["patientId"]: row["class"] for _, row in classes.rows()}
        targets: dict[str, bool] = {}
        for _, row in labels.rows():  # an image with three boxes has three lines
            targets[row["patientId"]] = targets.get(row["patientId"], False) or row["Target"] == "1"
        places = Places(folder, labels.base, *_PLACES)
        for image, target in targets.items():
            yield _entry(labels.name, image, findings_of(target, class_of.get(image, "")), places)

    return walk


def findings_of(target: bool, label: str) -> tuple[str, ...]:
    """Findings of an image: its class, and pneumonia where a box was drawn."""
    found = (finding_of("rsna", label),) if label else ()
    return (finding_of("rsna", "Target 1"), *found) if target else found


def _entry(table: str, image: str, findings: tuple[str, ...], places: Places) -> Entry:
    if not image:
        return Refusal(table, "has a line that names no image")
    try:
        return Listed(places.of(image=image), known_of_row(findings=findings, patient=image))
    except ValueError as error:
        return Refusal(image, str(error))


RSNA = Collection("rsna", "RSNA Pneumonia Challenge", read_rsna)
