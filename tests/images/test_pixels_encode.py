import hashlib
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from PIL import Image as PillowImage

from images.pixels import check_pixels, decode_image, encode_png, pixel_digest
from tests.images.makers import file_of, ramp

any_pixels = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda kind: numpy_st.arrays(kind, numpy_st.array_shapes(min_dims=2, max_dims=2, max_side=40))
)


@given(any_pixels)
def test_what_is_written_is_read_back(pixels):
    decoded = decode_image(encode_png(pixels), min_side=1)
    assert decoded.dtype == pixels.dtype
    np.testing.assert_array_equal(decoded, pixels)


@given(any_pixels)
def test_the_digest_survives_writing_and_memory_order(pixels):
    digest = pixel_digest(pixels)
    assert pixel_digest(decode_image(encode_png(pixels), min_side=1)) == digest
    assert pixel_digest(np.asfortranarray(pixels)) == digest
    assert pixel_digest(pixels.astype(pixels.dtype.newbyteorder(">"))) == digest


@given(any_pixels, st.data())
def test_one_level_more_is_another_digest(pixels, data):
    changed = pixels.copy()
    changed[data.draw(st.tuples(*(st.integers(0, side - 1) for side in pixels.shape)))] ^= 1
    assert pixel_digest(changed) != pixel_digest(pixels)


def test_the_digest_is_this_one_forever():
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30)
    hashed = b"negatoscope-pixels-v1 30x20x16\n" + b"".join(struct.pack("<H", level) for level in range(600))
    assert pixel_digest(pixels) == hashlib.sha256(hashed).hexdigest()
    assert pixel_digest(pixels) == "675975f2bff6d3f3e1eab667c69840e347de0efe2b485e6fa01eccb61458ce1b"


def test_size_and_depth_belong_to_the_digest():
    zeros = np.zeros((20, 30), np.uint8)
    others = [zeros.T, zeros.reshape(10, 60), zeros.astype(np.uint16), np.zeros((20, 15), np.uint16)]
    assert len({pixel_digest(pixels) for pixels in [zeros, *others]}) == 5


def test_the_same_picture_in_two_formats_has_one_digest():
    assert pixel_digest(decode_image(file_of(ramp(), "TIFF"))) == pixel_digest(decode_image(file_of(ramp(), "PNG")))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_file_is_deterministic_and_holds_nothing_but_pixels(kind):
    data = encode_png(ramp(kind=kind))
    assert data == encode_png(ramp(kind=kind).copy(order="F"))
    picture = PillowImage.open(io.BytesIO(data))
    picture.load()
    assert picture.info == {}
    chunks, place = [], 8
    while place < len(data):
        chunks.append(data[place + 4 : place + 8])
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    assert chunks == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize("array", [np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8), np.zeros((0, 4), np.uint8)])
@pytest.mark.parametrize("function", [encode_png, pixel_digest, check_pixels])
def test_what_is_no_radiograph_is_a_programming_error(function, array):
    with pytest.raises(TypeError, match="2-D uint8 or uint16"):
        function(array)
