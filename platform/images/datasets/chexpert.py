"""CheXpert (Irvin et al. 2019, arXiv:1901.07031): train.csv and valid.csv, JPEG files by patient and study.

Directory: train.csv, valid.csv, train/patient00001/study1/view1_frontal.jpg, valid/...
"""

import re
from collections import Counter
from collections.abc import Iterator

from images.attributes import Attributes
from images.datasets.collection import Collection, Walk, known_of_row
from images.datasets.observations import OBSERVATIONS, UNREAD, encoded, findings_of, unread
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, FolderError, Listed, Refusal
from images.layouts.stream import Row, StreamedTable, find_table

SPLITS = ("train", "valid")
COLUMNS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *OBSERVATIONS)
# Paths begin with the name of the archive: CheXpert-v1.0/ or CheXpert-v1.0-small/.
_ARCHIVE = re.compile(r"^CheXpert-v1\.0[^/]*/")
PATIENT = re.compile(r"patient\d+")
_WHERE = "It should lie in the folder, beside train/ and valid/, as Stanford publishes CheXpert."


def read_chexpert(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the tables of the parts asked for; without a choice, of those that are there."""
    tables = {split: _table(folder, split) for split in options.splits} or _tables_there(folder)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        for split, table in tables.items():
            for line, row in table.rows():
                yield _entry(table, split, line, row, options.uncertain)

    return walk


def _table(folder: Folder, split: str) -> StreamedTable:
    return StreamedTable(folder, find_table(folder, [f"{split}.csv"], _WHERE), COLUMNS)


def _tables_there(folder: Folder) -> dict[str, StreamedTable]:
    find_table(folder, [f"{split}.csv" for split in SPLITS], _WHERE)
    tables = {}
    for split in SPLITS:
        try:
            name = find_table(folder, [f"{split}.csv"], "")
        except FolderError:
            continue
        tables[split] = StreamedTable(folder, name, COLUMNS)
    return tables


def _entry(table: StreamedTable, split: str, line: int, row: Row, policy: str) -> Entry:
    written = row["Path"]
    if not written:
        return Refusal(f"{table.name}, line {line}", "names no file")
    try:
        return Listed(table.base + _ARCHIVE.sub("", written), _known(row, policy), split)
    except ValueError as error:
        return Refusal(written, str(error))


def _known(row: Row, policy: str) -> Attributes:
    present, uncertain = findings_of(encoded(row), policy)
    patient = PATIENT.search(row["Path"])
    lateral = row["Frontal/Lateral"] == "Lateral"
    return known_of_row(
        findings=present,
        uncertain=uncertain,
        patient=patient[0] if patient else "",
        age="" if row["Age"] in ("0", "0.0") else row["Age"],  # 0 stands for unknown: the collection is of adults
        sex=row["Sex"],
        view="LATERAL" if lateral else row["AP/PA"],
        notes=(UNREAD,) if unread(row) else (),
    )


CHEXPERT = Collection("chexpert", "CheXpert", read_chexpert, splits=SPLITS)
