"""The ways in which folders of radiographs are laid out, each read into pictures and refusals. Pure: no Django."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from images.attributes import Attributes
from images.dicom import read_dicom
from images.layouts.entries import Listed, Listing, Picture, Refusal
from images.layouts.folder import ArchiveLimits, DirectoryFolder, FileRefused, Folder, FolderError, ZipFolder
from images.layouts.tabular import CSV_COLUMNS, NIH_COLUMNS, list_table
from images.pixels import ImageError, Pixels, decode_image

logger = logging.getLogger(__name__)

__all__ = [
    "ArchiveLimits",
    "Attributes",
    "DirectoryFolder",
    "FolderError",
    "LAYOUTS",
    "Listed",
    "Listing",
    "Picture",
    "Refusal",
    "ZipFolder",
    "list_folder",
    "load_pictures",
]

_NOT_PICTURES = {"DICOMDIR"}


def list_folder(folder: Folder, layout: str) -> Listing:
    """Say what there is to read in `folder`, laid out as "nih", "csv" or "dicom", without opening any picture.

    Raises FolderError where the folder cannot be read that way, or holds nothing.
    """
    return LAYOUTS[layout](folder)


def load_pictures(
    folder: Folder, layout: str, listing: Listing, *, pseudonym: Callable[[str], str]
) -> Iterator[Picture | Refusal]:
    """Yield, for each entry of `listing` in order, the picture or the reason why there is none.

    pseudonym: turns a DICOM patient number into the name kept here; applied to nothing else.
    """
    for entry in listing.entries:
        yield entry if isinstance(entry, Refusal) else _loaded(folder, layout, entry, pseudonym)


def _loaded(folder: Folder, layout: str, entry: Listed, pseudonym: Callable[[str], str]) -> Picture | Refusal:
    try:
        data = folder.read(entry.file)
        pixels, attributes = _decoded(data, layout, entry, pseudonym)
    except (ImageError, FileRefused) as error:
        return Refusal(entry.file, str(error))
    except Exception as error:  # whatever a malformed file does to a decoder, it costs that file and no other
        logger.warning("A file of an import could not be read: %s", type(error).__name__)
        return Refusal(entry.file, f"could not be read ({type(error).__name__})")
    return Picture(entry.file, pixels, attributes)


def _decoded(data: bytes, layout: str, entry: Listed, pseudonym: Callable[[str], str]) -> tuple[Pixels, Attributes]:
    if layout == "dicom":
        radiograph = read_dicom(data)
        patient = pseudonym(radiograph.patient_id) if radiograph.patient_id else ""
        return radiograph.pixels, replace(radiograph.attributes, patient=patient)
    return decode_image(data), entry.attributes


def _list_nih(folder: Folder) -> Listing:
    return list_table(folder, NIH_COLUMNS)


def _list_csv(folder: Folder) -> Listing:
    return list_table(folder, CSV_COLUMNS)


def _list_dicom(folder: Folder) -> Listing:
    names = [name for name in folder.names() if name.rsplit("/", 1)[-1].upper() not in _NOT_PICTURES]
    if not names:
        raise FolderError("There is no file in the folder.")
    return Listing([Listed(name) for name in names])


LAYOUTS: dict[str, Callable[[Folder], Listing]] = {"nih": _list_nih, "csv": _list_csv, "dicom": _list_dicom}
