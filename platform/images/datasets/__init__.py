"""Published collections of radiographs, each read from its own directory and tables, and any other folder. Pure: no Django.

listing = list_folder(DirectoryFolder(Path("mimic-cxr-jpg")), "mimic", ReadingOptions(splits=("test",)))
for entry in listing: ...
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from images.attributes import Attributes
from images.datasets.chexpert import CHEXPERT
from images.datasets.chexpert_plus import CHEXPERT_PLUS
from images.datasets.collection import Collection, Walk
from images.datasets.mimic import MIMIC
from images.datasets.nih import NIH
from images.datasets.openi import OPENI
from images.datasets.options import EVERYTHING, OptionError, ReadingOptions
from images.datasets.padchest import PADCHEST
from images.datasets.rsna import RSNA
from images.datasets.views import expanded
from images.datasets.vindr import VINDR
from images.dicom import is_dicom, read_dicom
from images.layouts import Entry, FileRefused, Folder, FolderError, Listed, Listing, Picture, Refusal
from images.layouts.tabular import list_table
from images.pixels import ImageError, Pixels, decode_image

logger = logging.getLogger(__name__)

__all__ = ["COLLECTIONS", "LAYOUTS", "OptionError", "ReadingOptions", "list_folder", "load_pictures"]

NOTES_KEPT = 50
_NOT_PICTURES = {"DICOMDIR"}


def list_folder(folder: Folder, layout: str, options: ReadingOptions = EVERYTHING) -> Listing:
    """Say what there is to read in `folder`, laid out as `layout` (a key of LAYOUTS), without opening any picture.

    The tables are opened and their headers checked at once; their rows are read at each walk of the listing, one by
    one. Options of sampling are not applied here.
    Raises FolderError where the folder cannot be read that way, OptionError where the layout does not offer a choice.
    """
    collection = LAYOUTS[layout]
    collection.check(options)
    walk = collection.read(folder, options)
    return Listing(_filtered(walk, options) if options.splits or options.views else walk)


def _filtered(walk: Walk, options: ReadingOptions) -> Walk:
    splits, views = frozenset(options.splits), expanded(options.views)

    def filtered(notes: Counter[str]) -> Iterator[Entry]:
        for entry in walk(notes):
            if isinstance(entry, Listed) and splits and entry.split not in splits:
                notes[f"left out: not in {' or '.join(options.splits)}"] += 1
            elif isinstance(entry, Listed) and views and entry.attributes.view not in views:
                notes[_note_on_view(notes, entry.attributes.view)] += 1
            else:
                yield entry

    return filtered


def _note_on_view(notes: Counter[str], view: str) -> str:
    """A column that is no view at all must not make as many remarks as there are rows."""
    note = f"left out: view {view or 'not stated'}"
    return note if note in notes or len(notes) < NOTES_KEPT else "left out: other views"


def load_pictures(
    folder: Folder, layout: str, entries: Iterator[Entry], *, pseudonym: Callable[[str], str]
) -> Iterator[Picture | Refusal]:
    """Yield, for each entry in order, the picture or the reason why there is none.

    pseudonym: turns a DICOM patient number into the name kept here; applied to nothing else.
    """
    for entry in entries:
        yield entry if isinstance(entry, Refusal) else _loaded(folder, layout, entry, pseudonym)


def _loaded(folder: Folder, layout: str, entry: Listed, pseudonym: Callable[[str], str]) -> Picture | Refusal:
    try:
        data = folder.read(entry.file)
        if layout == "dicom" or is_dicom(data):
            pixels, attributes = _dicom(data, entry.attributes, pseudonym)
        else:
            pixels, attributes = decode_image(data), entry.attributes
    except (ImageError, FileRefused) as error:
        return Refusal(entry.file, str(error))
    except Exception as error:  # whatever a malformed file does to a decoder, it costs that file and no other
        logger.warning("A file of an import could not be read: %s", type(error).__name__)
        return Refusal(entry.file, f"could not be read ({type(error).__name__})")
    return Picture(entry.file, pixels, attributes)


def _dicom(data: bytes, known: Attributes, pseudonym: Callable[[str], str]) -> tuple[Pixels, Attributes]:
    """The picture, and what the table says of it; what the table leaves open is taken from the header."""
    radiograph = read_dicom(data)
    header = radiograph.attributes
    number = pseudonym(radiograph.patient_id) if radiograph.patient_id else ""
    return radiograph.pixels, replace(
        known,
        patient=known.patient or number,
        age=known.age if known.age is not None else header.age,
        sex=known.sex or header.sex,
        view=known.view or header.view,
        notes=known.notes + header.notes,
    )


def _read_csv(folder: Folder, options: ReadingOptions) -> Walk:
    return list_table(folder).walk


def _read_dicom(folder: Folder, options: ReadingOptions) -> Walk:
    names = [name for name in folder.names() if name.rsplit("/", 1)[-1].upper() not in _NOT_PICTURES]
    if not names:
        raise FolderError("There is no file in the folder.")

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        yield from map(Listed, names)

    return walk


COLLECTIONS = (CHEXPERT, CHEXPERT_PLUS, MIMIC, NIH, PADCHEST, VINDR, RSNA, OPENI)
LAYOUTS: dict[str, Collection] = {
    collection.name: collection
    for collection in (
        *COLLECTIONS,
        Collection("csv", "folder with a CSV file", _read_csv),
        Collection("dicom", "folder of DICOM files", _read_dicom),
    )
}
