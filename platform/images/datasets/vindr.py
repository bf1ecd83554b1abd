"""VinDr-CXR (Nguyen et al. 2022, arXiv:2012.15029): DICOM files; three radiologists read each training image.

Directory (PhysioNet 1.0.0): annotations/image_labels_train.csv, annotations/image_labels_test.csv, train/<image_id>.dicom,
test/<image_id>.dicom. Or (Kaggle): train.csv with one line for each box that a radiologist drew, train/<image_id>.dicom.
A finding is present where more than half of the image's radiologists say so; the test part is a consensus already.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.labels import NO_FINDING, finding_of
from images.datasets.options import ReadingOptions
from images.layouts import Entry, Folder, FolderError, Listed, Refusal
from images.layouts.stream import StreamedTable, find_table

SPLITS = ("train", "test")
BOXES = ("image_id", "class_name", "rad_id")
_WHERE = "It should lie in the folder, beside train/ (and test/), as PhysioNet publishes VinDr-CXR."
_PLACES = ("{split}/{image}.dicom", "{split}/{image}.dcm", "{split}/{image}.png", "{split}/{image}.jpg")


@dataclass
class Votes:
    """How many radiologists read an image, and how many saw what."""

    readers: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def majority(self) -> tuple[str, ...]:
        """What more than half saw; "No Finding" only where it is all that is left."""
        kept = tuple(name for name, count in self.seen.items() if 2 * count > self.readers)
        return tuple(name for name in kept if name != NO_FINDING) or kept[:1]


Opened = tuple[StreamedTable, Callable[[StreamedTable], dict[str, Votes]]]


def read_vindr(folder: Folder, options: ReadingOptions) -> Walk:
    """Open the labels of the parts asked for; without a choice, of those that are there."""
    tables = {split: _table(folder, split) for split in options.splits} or _tables_there(folder)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        for split, (table, count) in tables.items():
            base = table.base.removesuffix("annotations/")
            places = Places(folder, base, *(template.replace("{split}", split) for template in _PLACES))
            for image, votes in count(table).items():
                yield _entry(table.name, image, votes, places, split)

    return walk


def _table(folder: Folder, split: str) -> Opened:
    names = [f"annotations/image_labels_{split}.csv", f"image_labels_{split}.csv", f"{split}.csv"]
    name = find_table(folder, names, _WHERE)
    if "image_labels_" in name:
        return StreamedTable(folder, name, ("image_id",), ("rad_id", *_columns(folder, name))), count_ballots
    return StreamedTable(folder, name, BOXES), count_boxes


def _tables_there(folder: Folder) -> dict[str, Opened]:
    tables = {"train": _table(folder, "train")}
    try:
        # Kaggle's test.csv has sizes and no labels.
        find_table(folder, ["annotations/image_labels_test.csv", "image_labels_test.csv"], "")
        tables["test"] = _table(folder, "test")
    except FolderError:
        pass
    return tables


def _columns(folder: Folder, name: str) -> list[str]:
    header = StreamedTable(folder, name, ("image_id",)).header
    return [column for column in header if column not in ("image_id", "rad_id")]


def count_ballots(table: StreamedTable) -> dict[str, Votes]:
    """Votes from a table with one line for each image and radiologist, and a column of 0 or 1 for each finding."""
    votes: dict[str, Votes] = {}
    for _, row in table.rows():
        ballot = votes.setdefault(row.pop("image_id"), Votes())
        row.pop("rad_id", None)
        ballot.readers += 1
        ballot.seen.update({_name(label) for label, cell in row.items() if cell in ("1", "1.0")})
    return votes


def count_boxes(table: StreamedTable) -> dict[str, Votes]:
    """Votes from a table with one line for each box, or for the statement that there is none."""
    voters: dict[str, dict[str, set[str]]] = {}
    for _, row in table.rows():
        by_reader = voters.setdefault(row["image_id"], {})
        by_reader.setdefault(row["rad_id"], set()).add(_name(row["class_name"]))
    return {
        image: Votes(len(by_reader), Counter(name for seen in by_reader.values() for name in seen))
        for image, by_reader in voters.items()
    }


def _name(label: str) -> str:
    # The two label tables spell the last column differently.
    return finding_of("vindr", "Other diseases" if label.casefold() == "other disease" else label)


def _entry(table: str, image: str, votes: Votes, places: Places, split: str) -> Entry:
    if not image:
        return Refusal(table, "has a line that names no image")
    try:
        return Listed(places.of(image=image), known_of_row(findings=votes.majority()), split)
    except ValueError as error:
        return Refusal(image, str(error))


VINDR = Collection("vindr", "VinDr-CXR", read_vindr, splits=SPLITS)
