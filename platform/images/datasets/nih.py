"""NIH ChestX-ray14 (Wang et al. 2017, arXiv:1705.02315): one table; PNG files in images_001 to images_012, or elsewhere.

Directory: Data_Entry_2017.csv or Data_Entry_2017_v2020.csv, train_val_list.txt, test_list.txt, images_001/images/00000001_000.png.
A folder with metadata.csv (columns path, findings, patient, age, sex, view) is read as well: a sample of the collection.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from images.datasets.collection import Collection, Walk, known_of_row
from images.datasets.compact import CompactMap
from images.datasets.labels import finding_of
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, FolderError, Listed, Refusal
from images.layouts.stream import Row, StreamedTable, find_table, text_lines
from images.layouts.tabular import NameFinder, unlisted_note

TABLES = ("metadata.csv", "Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
SPLITS = {"train": "train_val_list.txt", "test": "test_list.txt"}
_WHERE = "It should lie in the folder, beside the folders of images, as NIH publishes it."
# What a field is called in Data_Entry_2017.csv, in Data_Entry_2017_v2020.csv, and in metadata.csv.
_NAMES = {
    "file": ("Image Index", "path"),
    "findings": ("Finding Labels", "findings"),
    "patient": ("Patient ID", "patient"),
    "age": ("Patient Age", "age"),
    "sex": ("Patient Gender", "Patient Sex", "sex"),
    "view": ("View Position", "view"),
}


def read_nih(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the table; the images are found by their names in whatever folders they lie."""
    table = _table(folder)
    lists = _lists(folder, options.splits)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        names = folder.names()
        finder = NameFinder(names, PurePosixPath(table.base))
        parts = CompactMap(_parts(folder, lists))
        for line, row in table.rows():
            cells = {field: _cell(row, field) for field in _NAMES}
            place = parts.get(cells["file"].rsplit("/", 1)[-1])
            yield _entry(f"{table.name}, line {line}", cells, finder, list(lists)[place] if place is not None else "")
        notes.update(unlisted_note(names, finder, table.name))

    return walk


def _table(folder: Folder) -> StreamedTable:
    name = find_table(folder, TABLES, _WHERE)
    own = 1 if name.endswith("metadata.csv") else 0
    every = tuple(column for columns in _NAMES.values() for column in columns)
    return StreamedTable(folder, name, [_NAMES["file"][own], _NAMES["findings"][own]], every)


def _lists(folder: Folder, wanted: tuple[str, ...]) -> dict[str, str]:
    """The lists of the parts that are there; those asked for must be."""
    found = {}
    for split, name in SPLITS.items():
        try:
            found[split] = find_table(folder, [name], _WHERE)
        except FolderError:
            if split in wanted:
                raise
    return found


def _parts(folder: Folder, lists: dict[str, str]) -> Iterator[tuple[str, int]]:
    for number, name in enumerate(lists.values()):
        for line in text_lines(folder, name):
            yield line.strip(), number


def _cell(row: Row, field: str) -> str:
    return next((row[name] for name in _NAMES[field] if name in row), "")


def _entry(place: str, cells: Row, finder: NameFinder, split: str) -> Entry:
    written = cells.pop("file")
    if not written:
        return Refusal(place, "names no file")
    labels = (word.strip() for word in re.split(r"[|;]", cells.pop("findings")))
    try:
        findings = tuple(finding_of("nih", label) for label in labels if label)
        known = known_of_row(
            findings=findings, patient=cells["patient"], age=cells["age"], sex=cells["sex"], view=cells["view"]
        )
        return Listed(finder.find(written), known, split)
    except ValueError as error:
        return Refusal(written, str(error))


NIH = Collection("nih", "NIH ChestX-ray14", read_nih, splits=tuple(SPLITS))
