import contextlib

import numpy as np
import pytest

from images.pixels import (
    ImageError,
    ImageTooLarge,
    ImageTooSmall,
    NotGrayscale,
    SeveralFrames,
    UnreadableImage,
    decode_image,
)
from tests.images.makers import file_of, png_claiming, ramp


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "PPM", "JPEG2000"])
def test_lossless_8_bit_files_give_their_levels(form):
    decoded = decode_image(file_of(ramp(), form))
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, ramp())


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_16_bit_files_stay_16_bit(form):
    levels = ramp(kind=np.uint16)
    decoded = decode_image(file_of(levels, form))
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, levels)


def test_a_jpeg_is_close_to_what_was_saved():
    decoded = decode_image(file_of(ramp(), "JPEG", quality=98))
    assert np.abs(decoded.astype(int) - ramp()).mean() < 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_colour_files_with_equal_opaque_channels_are_grayscale(mode):
    np.testing.assert_array_equal(decode_image(file_of(ramp(), mode=mode)), ramp())


def test_real_colour_is_refused():
    colour = np.dstack([ramp(seed=1), ramp(seed=2), ramp(seed=3)])
    with pytest.raises(NotGrayscale, match="channels differ"):
        decode_image(file_of(colour))


def test_transparency_is_refused():
    pixels = np.dstack([ramp()] * 3 + [np.full((40, 32), 200, np.uint8)])
    with pytest.raises(NotGrayscale, match="transparent"):
        decode_image(file_of(pixels))


def test_16_bit_colour_is_refused_because_its_depth_would_be_lost():
    with pytest.raises(NotGrayscale, match="16-bit colour"):
        decode_image(png_claiming(32, 32, bits=16, color=2, rows=32))


@pytest.mark.parametrize("array", [ramp().astype(np.float32), ramp() > 90, ramp().astype(np.int32) - 50])
def test_other_kinds_of_levels_are_refused(array):
    with pytest.raises(NotGrayscale):
        decode_image(file_of(array, "TIFF"))


def test_a_tiff_with_white_as_zero_is_not_shown_inverted():
    with pytest.raises(NotGrayscale, match="zero is white"):
        decode_image(file_of(ramp(kind=np.uint16), "TIFF", tiffinfo={262: 0}))


def test_one_pixel_is_too_small():
    with pytest.raises(ImageTooSmall, match="1 x 1"):
        decode_image(file_of(np.zeros((1, 1), np.uint8)))


def test_a_long_thin_picture_is_too_small():
    with pytest.raises(ImageTooSmall, match="at least 16"):
        decode_image(file_of(ramp(height=15, width=4000)))


def test_100_megapixels_are_refused_before_they_are_unpacked():
    with pytest.raises(ImageTooLarge, match=r"100\.0 megapixels; the limit is 64"):
        decode_image(png_claiming(10_000, 10_000, rows=1))


@pytest.mark.parametrize("side", [15_000, 50_000, 2**31 - 1])
def test_a_header_that_claims_the_earth_is_refused(side):
    with pytest.raises(ImageTooLarge):
        decode_image(png_claiming(side, side))


def test_the_limit_is_the_callers_even_above_the_one_at_which_pillow_warns(recwarn):
    assert decode_image(png_claiming(12_000, 8_000, rows=8_000), max_pixels=100e6).shape == (8_000, 12_000)
    assert not recwarn.list


def test_data_behind_the_declared_size_is_never_unpacked():
    bomb = png_claiming(32, 32, rows=200_000)
    assert decode_image(bomb).shape == (32, 32)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "BMP"])
def test_truncated_files_are_refused(form, share):
    whole = file_of(ramp(200, 200), form)
    with pytest.raises(UnreadableImage):
        decode_image(whole[: int(len(whole) * share)])


def test_a_file_cut_anywhere_in_its_pixels_is_refused():
    whole = file_of(ramp())
    checksums_and_end = 24
    for length in range(len(whole) - checksums_and_end):
        with pytest.raises(UnreadableImage):
            decode_image(whole[:length])


@pytest.mark.parametrize("data", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(100), bytes(1000)])
def test_what_is_not_an_image_is_refused(data):
    with pytest.raises(UnreadableImage):
        decode_image(data)


def test_several_frames_are_refused():
    from PIL import Image

    second = Image.fromarray(ramp(seed=1))
    with pytest.raises(SeveralFrames):
        decode_image(file_of(ramp(), "TIFF", save_all=True, append_images=[second]))


def test_an_orientation_note_is_obeyed():
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    turned = decode_image(file_of(ramp(), "PNG", exif=exif))
    np.testing.assert_array_equal(turned, np.rot90(ramp(), -1))


def test_damaged_bytes_give_our_error_or_a_picture_and_nothing_else():
    random = np.random.default_rng(5)
    whole = bytearray(file_of(ramp()))
    for _ in range(300):
        damaged = whole.copy()
        for place in random.integers(8, len(whole), 3):
            damaged[place] = random.integers(256)
        with contextlib.suppress(ImageError):
            decode_image(bytes(damaged))
