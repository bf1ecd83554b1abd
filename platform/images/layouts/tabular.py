"""Folders whose CSV file lists the images: NIH ChestX-ray14, and any other."""

from collections import Counter
from pathlib import PurePosixPath

from images.attributes import attributes_from_text
from images.layouts.entries import Listed, Listing, Refusal
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
# The sample's own metadata.csv, then Data_Entry_2017.csv and Data_Entry_2017_v2020.csv as NIH publishes them.
NIH_COLUMNS: Columns = {
    "file": ("path", "Image Index"),
    "findings": ("findings", "Finding Labels"),
    "patient": ("patient", "Patient ID"),
    "age": ("age", "Patient Age"),
    "sex": ("sex", "Patient Gender", "Patient Sex"),
    "view": ("view", "View Position"),
}
_PREFERRED = ("metadata.csv", "data_entry_2017_v2020.csv", "data_entry_2017.csv")
_PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".jp2"}


def list_table(folder: Folder, columns: Columns) -> Listing:
    """What the folder's CSV file lists, each file found in the folder, or refused with the reason.

    Raises FolderError where there is no CSV file, or none that can be read and has a column of file names.
    """
    names = folder.names()
    table_name = _table_name(names)
    table = _read(folder, table_name)
    if table.find(columns["file"]) is None:
        raise FolderError(_no_file_column(table, table_name, columns))
    finder = _Finder(names, PurePosixPath(table_name).parent)
    entries: list[Listed | Refusal] = []
    for line, cells in table.mapped(columns):
        entries.append(_entry(finder, f"{table_name}, line {line}", dict(cells)))
    if not entries:
        raise FolderError(f"{table_name} has a header and no rows.")
    return Listing(entries, _unlisted(names, finder, table_name))


def _table_name(names: list[str]) -> str:
    tables = [name for name in names if name.lower().endswith(".csv")]
    if not tables:
        raise FolderError("There is no CSV file in the folder; it must list the images, one a line.")
    depth = min(name.count("/") for name in tables)
    tables = [name for name in tables if name.count("/") == depth]
    for preferred in _PREFERRED:
        for name in tables:
            if PurePosixPath(name).name.lower() == preferred:
                return name
    if len(tables) > 1:
        raise FolderError(f"The folder has several CSV files ({', '.join(tables[:5])}); name one metadata.csv.")
    return tables[0]


def _read(folder: Folder, name: str) -> Table:
    try:
        return read_table(folder.read(name))
    except (TableError, FileRefused) as error:
        raise FolderError(f"{name}: {error}") from error


def _no_file_column(table: Table, name: str, columns: Columns) -> str:
    found = ", ".join(f'"{column}"' for column in table.header[:20])
    wanted = ", ".join(f'"{column}"' for column in columns["file"])
    return f"{name} has no column of file names. It has {found}; one must be called {wanted}."


def _entry(finder: "_Finder", place: str, cells: dict[str, str]) -> Listed | Refusal:
    written = cells.pop("file", "")
    if not written:
        return Refusal(place, "names no file")
    try:
        return Listed(finder.find(written), attributes_from_text(**cells))
    except ValueError as error:
        return Refusal(written, str(error))


def _unlisted(names: list[str], finder: "_Finder", table_name: str) -> Counter[str]:
    pictures = sum(PurePosixPath(name).suffix.lower() in _PICTURES for name in names if name not in finder.taken)
    return Counter({f"image files that {table_name} does not list": pictures} if pictures else {})


class _Finder:
    """Finds the file that a row means: by its path beside the CSV file, else by its bare name anywhere below."""

    def __init__(self, names: list[str], base: PurePosixPath) -> None:
        self._names = set(names)
        self._base = base
        self._by_name: dict[str, list[str]] = {}
        for name in names:
            self._by_name.setdefault(PurePosixPath(name).name, []).append(name)
        self.taken: set[str] = set()

    def find(self, written: str) -> str:
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
        candidates = self._by_name.get(path.name, []) if len(path.parts) == 1 else []
        if len(candidates) > 1:
            raise FileRefused(f"is the name of {len(candidates)} files ({', '.join(candidates[:3])})")
        if not candidates:
            raise FileRefused("is listed and not there")
        return candidates[0]
