"""One DICOM file to grey levels, and to the few attributes that are safe to keep. Pure: pydicom, no Django."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.pixels import apply_modality_lut
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from images.attributes import Attributes, attributes_from_text
from images.pixels import ImageError, Pixels
from images.pixels.decode import MAX_PIXELS, MIN_SIDE, check_size

# Projection radiographs; OT and nothing at all are what scanned films and de-identified files often say.
MODALITIES = frozenset({"CR", "DX", "RG", "RF", "OT", ""})
# Ages above 89 tell too much of a person (45 CFR 164.514(b)(2)(i)(C)): they are kept as 90.
OLDEST_AGE_KEPT = 90


class DicomRefused(ImageError):
    """A DICOM file that is not one grayscale radiograph, or whose pixels cannot be read here."""


@dataclass(frozen=True)
class DicomRadiograph:
    """What is kept of a DICOM file.

    patient_id: the number as written, for the caller to replace by a pseudonym; it is in no other field.
    """

    pixels: Pixels
    attributes: Attributes
    patient_id: str
    bits_stored: int


def is_dicom(data: bytes) -> bool:
    """Whether a file says of itself that it is DICOM (PS3.10, 7.1)."""
    return data[128:132] == b"DICM"


def read_dicom(data: bytes) -> DicomRadiograph:
    """Read one file: grey levels as a viewer would show them, age, sex and view position.

    Returns pixels (rows, columns), uint8 where the file stores up to 8 bits, else uint16. Stored values go through
    the modality LUT or rescale slope and intercept, then the first VOI LUT or window (DICOM PS3.3, C.11.1 and
    C.11.2), whose output range fills the type; without either, the range of the picture does, padding left out.
    MONOCHROME1, in which low values are bright, is inverted once, after the VOI.
    Raises DicomRefused, or one of the size errors of `images.pixels`.
    """
    with warnings.catch_warnings():
        # pydicom warns of every deviation from the standard; what matters here is checked below.
        warnings.simplefilter("ignore")
        dataset = _parse(data)
        _check_kind(dataset)
        check_size(int(dataset.Columns), int(dataset.Rows), MAX_PIXELS, MIN_SIDE)
        pixels = _rendered(dataset, _stored_values(dataset))
    return DicomRadiograph(pixels, _attributes(dataset), _patient_id(dataset), int(dataset.BitsStored))


def _parse(data: bytes) -> pydicom.Dataset:
    try:
        if _transfer_syntax(data) == DeflatedExplicitVRLittleEndian:
            # pydicom would inflate it whole, however large that gets.
            raise DicomRefused("the whole file is deflated; convert it to Explicit VR Little Endian")
        return pydicom.dcmread(io.BytesIO(data))
    except InvalidDicomError as error:
        raise DicomRefused("not a DICOM file") from error


def _transfer_syntax(data: bytes) -> str:
    file = io.BytesIO(data)
    read_preamble(file, force=False)
    return str(_read_file_meta_info(file).get("TransferSyntaxUID", ""))


def _check_kind(dataset: pydicom.Dataset) -> None:
    if "PixelData" not in dataset:
        raise DicomRefused("a DICOM file without pixels")
    if str(dataset.get("Modality", "")) not in MODALITIES:
        raise DicomRefused(f"modality {dataset.Modality} is not a projection radiograph")
    if int(dataset.get("NumberOfFrames") or 1) != 1:
        raise DicomRefused(f"holds {dataset.NumberOfFrames} frames; export one picture per file")
    photometric = str(dataset.get("PhotometricInterpretation", ""))
    if int(dataset.get("SamplesPerPixel", 1)) != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise DicomRefused(f"a colour picture ({photometric or 'no photometric interpretation'})")
    if str(dataset.get("BurnedInAnnotation", "")).upper() == "YES":
        raise DicomRefused("has burned-in annotation, which may name the patient")
    for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored"):
        if not dataset.get(keyword):
            raise DicomRefused(f"does not say its {keyword}")
    if int(dataset.BitsAllocated) not in (8, 16):
        raise DicomRefused(f"{dataset.BitsAllocated} bits a pixel; 8 and 16 can be read")


def _stored_values(dataset: pydicom.Dataset) -> NDArray[Any]:
    try:
        values: NDArray[Any] = dataset.pixel_array
    except Exception as error:  # decoders and damaged files raise whatever they like
        syntax = UID(dataset.file_meta.get("TransferSyntaxUID", ""))
        if syntax.is_compressed:
            raise DicomRefused(f"its compression ({syntax.name}) cannot be read here; decompress it first") from error
        raise DicomRefused(f"its pixels cannot be read ({error})") from error
    if values.ndim != 2:
        raise DicomRefused(f"its pixels have {values.ndim} dimensions")
    return values


def _rendered(dataset: pydicom.Dataset, stored: NDArray[Any]) -> Pixels:
    values = np.asarray(apply_modality_lut(stored, dataset), np.float64)
    if not np.isfinite(values).all():
        raise DicomRefused("its rescale slope or intercept is not a number")
    shown = _through_voi(dataset, values, _is_padding(dataset, stored))
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        shown = 1 - shown
    kind: type[np.uint8] | type[np.uint16] = np.uint8 if int(dataset.BitsStored) <= 8 else np.uint16
    pixels: Pixels = np.rint(shown * np.iinfo(kind).max).astype(kind)
    return pixels


def _through_voi(dataset: pydicom.Dataset, values: NDArray[np.float64], padding: NDArray[np.bool_]) -> NDArray[Any]:
    """Return (rows, columns) float64 in [0, 1]: the first VOI LUT, else the first window, else the picture's range."""
    if dataset.get("VOILUTSequence"):
        return _lookup(dataset.VOILUTSequence[0], values)
    width, center = _first(dataset.get("WindowWidth")), _first(dataset.get("WindowCenter"))
    function = str(dataset.get("VOILUTFunction") or "LINEAR")
    if width is None or center is None or width < (1 if function == "LINEAR" else 1e-9):
        kept = values[~padding] if not padding.all() else values
        return _clipped((values - kept.min()) / max(float(np.ptp(kept)), 1e-9))
    return window(values, center, width, function)


def window(values: NDArray[np.float64], center: float, width: float, function: str = "LINEAR") -> NDArray[np.float64]:
    """Return `values`, any shape, through a window, in [0, 1].

    function: LINEAR, LINEAR_EXACT or SIGMOID, as in DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3; DicomRefused for others.
    """
    if function == "LINEAR":
        if width <= 1:
            return (values > center - 0.5).astype(np.float64)
        return _clipped((values - (center - 0.5)) / (width - 1) + 0.5)
    if function == "LINEAR_EXACT":
        return _clipped((values - center) / width + 0.5)
    if function == "SIGMOID":
        return _clipped(1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700))))
    raise DicomRefused(f"its VOI LUT function {function} is unknown")


def _lookup(item: pydicom.Dataset, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` through one item of the VOI LUT sequence, its largest entry as 1 (DICOM PS3.3, C.11.2.1.1)."""
    entries, first, bits = (int(number) for number in item.LUTDescriptor)
    raw = item.LUTData
    if isinstance(raw, bytes):
        raw = np.frombuffer(raw, np.uint8 if bits <= 8 and len(raw) == entries else "<u2")
    table = np.asarray(raw, np.float64)
    if table.size == 0:
        raise DicomRefused("its VOI LUT is empty")
    places = np.clip(np.rint(values) - first, 0, table.size - 1).astype(np.intp)
    return _clipped(table[places] / max(float(table.max()), 1.0))


def _clipped(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(shares, 0, 1)


def _is_padding(dataset: pydicom.Dataset, stored: NDArray[Any]) -> NDArray[np.bool_]:
    value, limit = dataset.get("PixelPaddingValue"), dataset.get("PixelPaddingRangeLimit")
    if not isinstance(value, int):
        return np.zeros(stored.shape, np.bool_)
    low, high = sorted((value, limit if isinstance(limit, int) else value))
    return (stored >= low) & (stored <= high)


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    first = float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
    return first if np.isfinite(first) else None


def _attributes(dataset: pydicom.Dataset) -> Attributes:
    found = attributes_from_text(
        age=str(dataset.get("PatientAge") or ""),
        sex=str(dataset.get("PatientSex") or ""),
        view=str(dataset.get("ViewPosition") or ""),
    )
    if found.age is None or found.age < OLDEST_AGE_KEPT:
        return found
    return Attributes(age=OLDEST_AGE_KEPT, sex=found.sex, view=found.view, notes=found.notes)


def _patient_id(dataset: pydicom.Dataset) -> str:
    parts = (str(dataset.get(keyword) or "").strip() for keyword in ("IssuerOfPatientID", "PatientID"))
    issuer, number = parts
    return f"{issuer}\n{number}" if number else ""
