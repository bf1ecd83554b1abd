"""Open-i, the Indiana University collection (Demner-Fushman et al. 2016): a report in XML for each examination; PNG files.

Directory: ecgen-radiology/1.xml ... or NLMCXR_reports.tgz; images CXR1_1_IM-0001-3001.png in NLMCXR_png/, images/ or beside.
Findings are the manual coding (MeSH/major), captions the report's findings and impression. Views stand in none of these
files: they are read from nlmcxr_dicom_metadata.csv or indiana_projections.csv where one lies in the folder.
"""

import tarfile
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from images.datasets.collection import Collection, Places, Walk, known_of_row
from images.datasets.labels import finding_of, knows
from images.datasets.options import ReadingOptions
from images.layouts import Entry, FileRefused, Folder, FolderError, Listed, Refusal
from images.layouts.stream import StreamedTable, find_table

REPORTS, ARCHIVE = "ecgen-radiology", "NLMCXR_reports.tgz"
MAX_REPORT = 2**20
_PLACES = ("NLMCXR_png/{image}.png", "images/{image}.png", "{image}.png", "images/images_normalized/{kaggle}.dcm.png")
# Headings that name a place; what is found there is the word after it.
_ANATOMY = {
    "Lung", "Diaphragm", "Spine", "Aorta", "Aorta, Thoracic", "Thoracic Vertebrae", "Lumbar Vertebrae", "Mediastinum",
    "Cervical Vertebrae", "Costophrenic Angle", "Cardiac Shadow", "Heart", "Shoulder", "Pulmonary Artery", "Ribs",
}  # fmt: skip
_NOTHING_SAID = "No Indexing"


def read_openi(folder: Folder, options: ReadingOptions) -> Walk:
    """Find the reports."""
    base, packed = _find_reports(folder)

    def walk(notes: Counter[str]) -> Iterator[Entry]:
        view_of = _views(folder)
        places = Places(folder, base, *_PLACES)
        for name, data in _packed(folder, packed) if packed else _unpacked(folder, f"{base}{REPORTS}/"):
            yield from _entries(name, data, places, view_of)

    return walk


def _find_reports(folder: Folder) -> tuple[str, str]:
    """The folder that the reports lie in, and the path of the archive where they are packed."""
    for base in ("", *(f"{name}/" for name in folder.subfolders())):
        if folder.exists(f"{base}{REPORTS}/1.xml"):
            return base, ""
        if folder.exists(f"{base}{ARCHIVE}"):
            return base, f"{base}{ARCHIVE}"
    raise FolderError(
        f"{REPORTS}/ (with 1.xml) or {ARCHIVE} is missing. It should lie in the folder, beside the images, as Open-i "
        "publishes the reports of the Indiana University collection."
    )


def _unpacked(folder: Folder, base: str) -> Iterator[tuple[str, bytes]]:
    for name in folder.names():
        if name.startswith(base) and name.endswith(".xml"):
            try:
                yield name, folder.read(name)
            except FileRefused:
                yield name, b""


def _packed(folder: Folder, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        with folder.open(name) as raw, tarfile.open(fileobj=raw, mode="r|gz") as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".xml") and member.size <= MAX_REPORT:
                    file = archive.extractfile(member)
                    yield member.name, file.read() if file else b""
    except (tarfile.TarError, FileRefused, EOFError, OSError) as error:
        raise FolderError(f"{name} cannot be unpacked: {error}.") from error


def _entries(name: str, data: bytes, places: Places, view_of: dict[str, str]) -> Iterator[Entry]:
    # The published reports declare no entities; a file that does is not one of them.
    if not data or len(data) > MAX_REPORT or b"<!" in data:
        yield Refusal(name, "is not a report of this collection")
        return
    try:
        report = ElementTree.fromstring(data)  # noqa: S314  without declarations nothing can expand
    except ElementTree.ParseError as error:
        yield Refusal(name, f"is not readable XML ({error})")
        return
    uid = report.find("uId")
    patient = "" if uid is None else uid.get("id", "")
    findings, caption = findings_of(report), caption_of(report)
    for picture in report.iter("parentImage"):
        image = picture.get("id", "")
        view = view_of.get(image, "")
        kaggle = image.removeprefix("CXR")
        try:
            known = known_of_row(findings=findings, patient=patient, view=view, caption=caption)
            yield Listed(places.of(image=image, kaggle=kaggle), known)
        except ValueError as error:
            yield Refusal(image or name, str(error))


def findings_of(report: ElementTree.Element) -> tuple[str, ...]:
    """The manual coding of a report, such as "Opacity/lung/base/left", as findings."""
    codes = [(node.text or "").strip() for node in report.iterfind(".//MeSH/major")]
    return tuple(dict.fromkeys(_finding(code) for code in codes if code and code != _NOTHING_SAID))


def _finding(code: str) -> str:
    heading, *rest = (part.strip() for part in code.split("/"))
    placed = "/".join([heading, *rest[:1]])
    if knows("openi", placed):
        return finding_of("openi", placed)
    return finding_of("openi", placed if heading in _ANATOMY else heading)


def caption_of(report: ElementTree.Element) -> str:
    """The report's findings and impression, in this order."""
    texts = {node.get("Label"): (node.text or "").strip() for node in report.iter("AbstractText")}
    return " ".join(text for label in ("FINDINGS", "IMPRESSION") if (text := texts.get(label, "")))


def _views(folder: Folder) -> dict[str, str]:
    for name, image, view in (
        ("nlmcxr_dicom_metadata.csv", "imageid", "View Position"),
        ("indiana_projections.csv", "filename", "projection"),
    ):
        try:
            table = StreamedTable(folder, find_table(folder, [name], ""), (image, view))
        except FolderError:
            continue
        return {_image_id(row[image]): row[view] for _, row in table.rows()}
    return {}


def _image_id(written: str) -> str:
    """CXR1_1_IM-0001-4001 from "1_IM-0001-4001.dcm.png", as the second table writes it, or as it stands."""
    plain = written.removesuffix(".png").removesuffix(".dcm")
    return plain if plain.startswith("CXR") else f"CXR{plain}"


OPENI = Collection("openi", "Open-i (Indiana University)", read_openi)
