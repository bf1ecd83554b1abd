"""PadChest (Bustos et al. 2020, arXiv:1901.07441): one table; 16-bit PNG files in numbered folders.

Directory: PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv, 0/<ImageID> to 54/<ImageID>, or all images in one folder.
The reports are published as Spanish word stems; they make no captions and are not kept.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from images.attributes import Attributes
from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.labels import finding_of
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, Listed, Refusal
from images.layouts.stream import Row, StreamedTable, find_table

TABLE = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"
COLUMNS = (
    "ImageID", "ImageDir", "StudyDate_DICOM", "PatientID", "PatientBirth", "PatientSex_DICOM", "Projection", "Labels",
)  # fmt: skip
_EXCLUDED = "exclude"
LEFT_OUT = "left out: marked by the collection itself to be excluded"


def read_padchest(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the table."""
    name = find_table(
        folder, [TABLE], "It should lie in the folder, beside the folders 0 to 54, as BIMCV publishes it."
    )
    table = StreamedTable(folder, name, COLUMNS)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        places = Places(folder, table.base, "{folder}/{file}", "{file}", "images/{file}", "images/{folder}/{file}")
        for line, row in table.rows():
            labels = labels_of(row["Labels"])
            if row["Projection"].lower() == _EXCLUDED or (labels and _EXCLUDED in labels):
                notes[LEFT_OUT] += 1
            else:
                yield _entry(f"{name}, line {line}", row, places, labels)

    return walk


def labels_of(cell: str) -> tuple[str, ...] | None:
    """The labels of a cell such as "['pleural effusion', ' normal']"; None where it is no such list."""
    if cell in ("", "nan"):
        return ()
    try:
        found = ast.literal_eval(cell)
        return tuple(dict.fromkeys(label.strip() for label in found if label.strip()))
    except (ValueError, SyntaxError, TypeError, AttributeError, MemoryError, RecursionError):
        return None


def _entry(place: str, row: Row, places: Places, labels: tuple[str, ...] | None) -> Entry:
    written = row["ImageID"]
    if not written:
        return Refusal(place, "names no file")
    try:
        return Listed(places.of(folder=row["ImageDir"], file=written), _known(row, labels))
    except ValueError as error:
        return Refusal(written, str(error))


def _known(row: Row, labels: tuple[str, ...] | None) -> Attributes:
    return known_of_row(
        findings=tuple(finding_of("padchest", label) for label in labels or () if label != "unchanged"),
        patient=row["PatientID"],
        age=_age(row["StudyDate_DICOM"], row["PatientBirth"]),
        sex=row["PatientSex_DICOM"],
        view=row["Projection"],
        notes=() if labels is not None else ("labels not understood, left empty",),
    )


def _age(study: str, birth: str) -> str:
    """The difference of the years: the day of birth is not published, so that it can be one year too high."""
    try:
        return str(int(study[:4]) - int(float(birth)))
    except ValueError:
        return ""


PADCHEST = Collection("padchest", "PadChest", read_padchest)
