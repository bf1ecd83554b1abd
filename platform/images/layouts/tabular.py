"""Any folder whose CSV file lists the images."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from images.attributes import attributes_from_text
from images.layouts.entries import Entry, Listed, Listing, Refusal
from images.layouts.folder import FileRefused, Folder, FolderError, is_inside
from images.layouts.table import Table, TableError, read_table

Columns = dict[str, tuple[str, ...]]

CSV_COLUMNS: Columns = {
    "file": ("path", "file", "filename", "file name", "image", "image path", "image file"),
    "findings": ("findings", "finding", "finding labels", "labels", "label"),
    "patient": ("patient", "patient id", "subject", "subject id"),
    "age": ("age", "patient age"),
    "sex": ("sex", "gender", "patient sex", "patient gender"),
    "view": ("view", "view position"),
    "caption": ("caption", "prompt", "report", "impression", "text"),
    "group": ("group",),
}
_PREFERRED = "metadata.csv"
_PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".jp2"}


def list_table(folder: Folder) -> Listing:
    """What the folder's CSV file lists, each file found in the folder, or refused with the reason.

    Raises FolderError where there is no CSV file, or none that can be read and has a column of file names.
    """
    names = folder.names()
    table_name = _table_name(names)
    table = _read(folder, table_name)
    if table.find(CSV_COLUMNS["file"]) is None:
        raise FolderError(_no_file_column(table, table_name))
    if not table.rows:
        raise FolderError(f"{table_name} has a header and no rows.")

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        finder = NameFinder(names, PurePosixPath(table_name).parent)
        for line, cells in table.mapped(CSV_COLUMNS):
            yield _entry(finder, f"{table_name}, line {line}", dict(cells))
        notes.update(unlisted_note(names, finder, table_name))

    return Listing(walk)


def _table_name(names: list[str]) -> str:
    tables = [name for name in names if name.lower().endswith(".csv")]
    if not tables:
        raise FolderError("There is no CSV file in the folder; it must list the images, one a line.")
    depth = min(name.count("/") for name in tables)
    tables = [name for name in tables if name.count("/") == depth]
    for name in tables:
        if PurePosixPath(name).name.lower() == _PREFERRED:
            return name
    if len(tables) > 1:
        raise FolderError(f"The folder has several CSV files ({', '.join(tables[:5])}); name one metadata.csv.")
    return tables[0]


def _read(folder: Folder, name: str) -> Table:
    try:
        return read_table(folder.read(name))
    except (TableError, FileRefused) as error:
        raise FolderError(f"{name}: {error}") from error


def _no_file_column(table: Table, name: str) -> str:
    found = ", ".join(f'"{column}"' for column in table.header[:20])
    wanted = ", ".join(f'"{column}"' for column in CSV_COLUMNS["file"])
    return f"{name} has no column of file names. It has {found}; one must be called {wanted}."


def _entry(finder: "NameFinder", place: str, cells: dict[str, str]) -> Listed | Refusal:
    written = cells.pop("file", "")
    if not written:
        return Refusal(place, "names no file")
    try:
        return Listed(finder.find(written), attributes_from_text(**cells))
    except ValueError as error:
        return Refusal(written, str(error))


def unlisted_note(names: list[str], finder: "NameFinder", table_name: str) -> Counter[str]:
    pictures = sum(PurePosixPath(name).suffix.lower() in _PICTURES for name in names if name not in finder.taken)
    return Counter({f"image files that {table_name} does not list": pictures} if pictures else {})


class NameFinder:
    """Finds the file that a row means: by its path beside the CSV file, else by its bare name anywhere below."""

    def __init__(self, names: list[str], base: PurePosixPath) -> None:
        self._names = set(names)
        self._base = base
        self._by_name: dict[str, str] = {}
        self._again: dict[str, list[str]] = {}
        for name in names:
            self._index(name)
        self.taken: set[str] = set()

    def _index(self, name: str) -> None:
        first = self._by_name.setdefault(name.rsplit("/", 1)[-1], name)
        if first is not name:
            self._again.setdefault(name.rsplit("/", 1)[-1], [first]).append(name)

    def find(self, written: str) -> str:
        """The file's path; FileRefused where there is none, there are several, or it was found before."""
        if not is_inside(written):
            raise FileRefused("leads out of the folder")
        name = self._locate(PurePosixPath(written.replace("\\", "/")))
        if name in self.taken:
            raise FileRefused("is listed twice")
        self.taken.add(name)
        return name

    def _locate(self, path: PurePosixPath) -> str:
        beside = (self._base / path).as_posix()
        if beside in self._names:
            return beside
        if len(path.parts) != 1 or path.name not in self._by_name:
            raise FileRefused("is listed and not there")
        if path.name in self._again:
            several = self._again[path.name]
            raise FileRefused(f"is the name of {len(several)} files ({', '.join(several[:3])})")
        return self._by_name[path.name]
