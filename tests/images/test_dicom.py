import warnings

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_windowing
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from images.dicom import DicomRefused, read_dicom, window
from images.pixels import ImageError, ImageTooLarge, ImageTooSmall
from tests.images.makers import dicom_dataset, dicom_file, file_of, ramp, saved


def stored_12_bit() -> np.ndarray:
    return np.linspace(0, 4095, 40 * 32).astype(np.uint16).reshape(40, 32)


def test_without_a_window_the_range_of_the_picture_fills_16_bits():
    shown = read_dicom(dicom_file(stored_12_bit() // 2 + 100, BitsStored=12)).pixels
    assert shown.dtype == np.uint16
    assert shown[0, 0] == 0 and shown[-1, -1] == 65535
    assert (np.diff(shown.ravel().astype(int)) >= 0).all()


def test_8_bits_stay_8_bits():
    full = np.arange(256, dtype=np.uint8).repeat(8).reshape(64, 32)
    found = read_dicom(dicom_file(full))
    assert found.bits_stored == 8
    np.testing.assert_array_equal(found.pixels, full)


def test_padding_does_not_count_for_the_range():
    padded = stored_12_bit() // 4 + 1000
    padded[0] = 4095
    shown = read_dicom(dicom_file(padded, BitsStored=12, PixelPaddingValue=4095)).pixels
    assert shown[1, 0] < 2500 and shown[-1, -1] == 65535


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(function):
    values = np.arange(0, 4096, 3).astype(np.float64)
    dataset = dicom_dataset(
        stored_12_bit(), BitsStored=12, WindowCenter=1800, WindowWidth=1500, VOILUTFunction=function
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = apply_windowing(values.astype(np.uint16), dataset) / 4095
    np.testing.assert_allclose(window(values, 1800, 1500, function), expected, atol=1e-9)


def test_slope_and_intercept_come_before_the_window():
    stored = stored_12_bit()
    rescaled = read_dicom(
        dicom_file(stored, BitsStored=12, RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=2000, WindowWidth=1000)
    ).pixels
    expected = window(stored * 2.0 - 1024, 2000, 1000) * 65535
    np.testing.assert_allclose(rescaled, expected, atol=0.51)


def test_the_first_of_several_windows_counts():
    one = read_dicom(dicom_file(stored_12_bit(), BitsStored=12, WindowCenter=900, WindowWidth=300))
    two = read_dicom(dicom_file(stored_12_bit(), BitsStored=12, WindowCenter=[900, 5], WindowWidth=[300, 9]))
    np.testing.assert_array_equal(one.pixels, two.pixels)


def test_monochrome1_is_inverted_once_and_after_the_window():
    elements = {"BitsStored": 12, "WindowCenter": 900, "WindowWidth": 300}
    bright = read_dicom(dicom_file(stored_12_bit(), **elements)).pixels
    inverted = read_dicom(dicom_file(stored_12_bit(), PhotometricInterpretation="MONOCHROME1", **elements)).pixels
    np.testing.assert_array_equal(inverted, 65535 - bright)
    assert inverted[0, 0] == 65535


def test_a_voi_lookup_table_wins_over_the_window():
    item = pydicom.Dataset()
    item.LUTDescriptor = [4, 100, 16]
    item["LUTData"] = pydicom.DataElement("LUTData", "OW", np.array([0, 10, 30, 40], np.uint16).tobytes())
    stored = np.tile(np.array([90, 100, 101, 102, 103, 200], np.uint16).repeat(6), (20, 1))
    shown = read_dicom(dicom_file(stored, VOILUTSequence=[item], WindowCenter=9, WindowWidth=9)).pixels
    np.testing.assert_array_equal(shown[0, ::6], np.rint(np.array([0, 0, 10, 30, 40, 40]) / 40 * 65535))


def test_signed_values_are_read():
    stored = (stored_12_bit().astype(np.int16) - 2048).astype(np.int16)
    shown = read_dicom(dicom_file(stored)).pixels
    assert shown[0, 0] == 0 and shown[-1, -1] == 65535


def test_only_safe_attributes_are_kept():
    found = read_dicom(dicom_file(stored_12_bit()))
    assert (found.attributes.age, found.attributes.sex, found.attributes.view) == (61, "F", "PA")
    assert found.attributes.patient == found.attributes.caption == found.attributes.group == ""
    assert found.patient_id.endswith("MRN-4711")
    assert "Sinclair" not in repr(found)


def test_the_oldest_ages_are_kept_as_90():
    assert read_dicom(dicom_file(stored_12_bit(), PatientAge="097Y")).attributes.age == 90


def encapsulated(frame: bytes, syntax: str) -> bytes:
    dataset = dicom_dataset(ramp())
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = pydicom.encaps.encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    return saved(dataset)


def test_rle_and_jpeg_2000_are_read():
    expected = read_dicom(dicom_file(ramp())).pixels
    rle = dicom_dataset(ramp())
    rle.compress(RLELossless)
    np.testing.assert_array_equal(read_dicom(saved(rle)).pixels, expected)
    jpeg_2000 = encapsulated(file_of(ramp(), "JPEG2000", no_jp2=True), JPEG2000Lossless)
    np.testing.assert_array_equal(read_dicom(jpeg_2000).pixels, expected)


def test_baseline_jpeg_is_read():
    jpeg = encapsulated(file_of(ramp(), "JPEG", quality=98), JPEGBaseline8Bit)
    difference = read_dicom(jpeg).pixels.astype(int) - read_dicom(dicom_file(ramp())).pixels
    assert np.abs(difference).mean() < 4


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"NumberOfFrames": 3}, "3 frames"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour picture .RGB"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour picture"),
        ({"PhotometricInterpretation": None}, "no photometric"),
        ({"Modality": "CT"}, "modality CT"),
        ({"BurnedInAnnotation": "YES"}, "burned-in"),
        ({"RescaleSlope": "nan", "RescaleIntercept": 0}, "not a number"),
        ({"PixelData": None}, "without pixels"),
        ({"Rows": None}, "does not say its Rows"),
        ({"PixelData": bytes(7)}, "cannot be read"),
        ({"WindowCenter": 5, "WindowWidth": 9, "VOILUTFunction": "CUBIC"}, "CUBIC"),
    ],
)
def test_refusals_say_why(elements, reason):
    with pytest.raises(DicomRefused, match=reason):
        read_dicom(dicom_file(stored_12_bit(), **elements))


def test_sizes_are_limited_as_for_other_images():
    with pytest.raises(ImageTooSmall):
        read_dicom(dicom_file(np.zeros((8, 40), np.uint16)))
    with pytest.raises(ImageTooLarge):
        read_dicom(dicom_file(stored_12_bit(), Rows=20_000, Columns=20_000))


def test_an_unknown_compression_is_named():
    with pytest.raises(DicomRefused, match="JPEG-LS.*decompress it first"):
        read_dicom(encapsulated(b"\xff\xd8nonsense\xff\xd9", JPEGLSLossless))


def test_a_deflated_file_is_refused_before_it_is_inflated():
    dataset = dicom_dataset(ramp())
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    with pytest.raises(DicomRefused, match="deflated"):
        read_dicom(saved(dataset))


@pytest.mark.parametrize("data", [b"", b"not DICOM", bytes(300)])
def test_what_is_not_dicom_is_refused(data):
    with pytest.raises(DicomRefused, match="not a DICOM file"):
        read_dicom(data)


def test_a_cut_file_is_refused():
    whole = dicom_file(stored_12_bit())
    for length in (140, 400, len(whole) // 2, len(whole) - 10):
        with pytest.raises((ImageError, EOFError, OSError, ValueError)):
            read_dicom(whole[:length])
