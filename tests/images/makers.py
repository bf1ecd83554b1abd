"""Image files made on the spot."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image as PillowImage
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

COMPUTED_RADIOGRAPHY = "1.2.840.10008.5.1.4.1.1.1"


def ramp(height: int = 40, width: int = 32, kind: type[Any] = np.uint8, seed: int = 0) -> NDArray[Any]:
    """A picture with every kind of neighbour: a ramp plus noise."""
    noise = np.random.default_rng(seed).integers(0, 60, (height, width))
    levels = np.linspace(0, 190, width)[None, :] + noise
    return (levels * (np.iinfo(kind).max // 255)).astype(kind)


def file_of(array: NDArray[Any], form: str = "PNG", mode: str | None = None, **options: Any) -> bytes:
    """`array` as an image file; `mode` converts it first."""
    picture = PillowImage.fromarray(array)
    buffer = io.BytesIO()
    (picture.convert(mode) if mode else picture).save(buffer, form, **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int, *, bits: int = 8, color: int = 0, rows: int = 0) -> bytes:
    """A PNG whose header claims a size, with `rows` rows of zeros behind it."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    body = zlib.compress(bytes((1 + width * channels * bits // 8) * rows))
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def dicom_dataset(stored: NDArray[Any], **elements: Any) -> FileDataset:
    """A computed radiograph with the stored values given; `elements` are set, or removed where None."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = COMPUTED_RADIOGRAPHY
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.PatientID, dataset.PatientName = "CR", "MRN-4711", "Sinclair^Ada"
    dataset.PatientAge, dataset.PatientSex, dataset.ViewPosition = "061Y", "F", "PA"
    dataset.PhotometricInterpretation, dataset.SamplesPerPixel = "MONOCHROME2", 1
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = stored.itemsize * 8
    dataset.BitsStored, dataset.HighBit = dataset.BitsAllocated, dataset.BitsAllocated - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    if "BitsStored" in elements:
        dataset.HighBit = dataset.BitsStored - 1
    return dataset


def dicom_file(stored: NDArray[Any], **elements: Any) -> bytes:
    """The bytes of `dicom_dataset`."""
    return saved(dicom_dataset(stored, **elements))


def saved(dataset: pydicom.Dataset) -> bytes:
    """A dataset as the bytes of a DICOM file."""
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset)
    return buffer.getvalue()
