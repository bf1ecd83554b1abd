import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from images.pixels import decode_image, resize, square, thumbnail, to_display, to_unit
from tests.images.makers import ramp


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_unit_levels_run_from_zero_to_one(kind):
    largest = np.iinfo(kind).max
    unit = to_unit(np.array([[0, largest, largest // 5]], kind))
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, [[0, 1, 0.2]], atol=1e-6)


def test_shrinking_by_a_whole_number_is_the_mean_of_each_block():
    pixels = ramp(64, 96, np.uint16)
    blocks = pixels.reshape(16, 4, 32, 3).mean((1, 3))
    assert np.abs(resize(pixels, (16, 32)).astype(float) - blocks).max() <= 0.51


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 255))
def test_a_flat_picture_stays_flat_at_every_size(height, width, level):
    resized = resize(np.full((23, 31), level, np.uint8), (height, width))
    assert resized.shape == (height, width)
    assert (resized == level).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_same_size_is_the_same_picture(kind):
    np.testing.assert_array_equal(resize(ramp(kind=kind), (40, 32)), ramp(kind=kind))


def test_an_empty_size_is_refused():
    with pytest.raises(ValueError, match="0 x 5"):
        resize(ramp(), (5, 0))


def test_cropping_takes_the_middle():
    pixels = np.zeros((40, 60), np.uint8)
    pixels[:, 10:50] = 200
    assert (square(pixels, 20) == 200).all()


def test_padding_keeps_everything_and_adds_black():
    padded = square(np.full((20, 40), 200, np.uint8), 40, fit="pad")
    assert padded.shape == (40, 40)
    assert (padded[:10] == 0).all() and (padded[10:30] == 200).all() and (padded[30:] == 0).all()


def test_a_screen_gets_8_bit_levels_as_they_are_and_16_bit_ones_stretched():
    np.testing.assert_array_equal(to_display(ramp()), ramp())
    twelve_bit = (np.arange(64 * 64) % 4096).astype(np.uint16).reshape(64, 64)
    shown = to_display(twelve_bit)
    assert shown.min() == 0 and shown.max() == 255
    assert (to_display(np.full((20, 20), 300, np.uint16)) == 0).all()


@pytest.mark.parametrize("shape", [(400, 300), (300, 400), (50, 60), (3000, 20)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_thumbnail_is_a_small_8_bit_picture_of_the_whole(shape, kind):
    small = decode_image(thumbnail(ramp(*shape, kind)), min_side=1)
    assert small.dtype == np.uint8
    assert max(small.shape) == min(192, max(shape))
    assert abs(small.shape[0] / small.shape[1] - shape[0] / shape[1]) / (shape[0] / shape[1]) < 0.3
