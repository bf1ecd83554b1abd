import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from images.pixels import decode_image, near_pairs, perceptual_hash, resize
from images.pixels.similarity import NEAR_BITS, SAME_CORRELATION, correlation, thumbnail_of
from tests.images.makers import ramp


def distance(one, other):
    return int(np.bitwise_count(np.uint64((one ^ other) % 2**64)))


def brute(hashes, bits):
    words = hashes.view(np.uint64)
    return sorted(
        (i, j, int(count))
        for i in range(len(words))
        for j in range(i + 1, len(words))
        if (count := np.bitwise_count(words[i] ^ words[j])) <= bits
    )


@given(st.lists(st.integers(0, 3000), max_size=40), st.integers(0, NEAR_BITS))
def test_every_near_pair_is_found_once(numbers, bits):
    hashes = np.array([number * 0x0123_4567_89AB for number in numbers] + [0, 1, 3, 7, 15, 31], np.int64)
    assert sorted(near_pairs(hashes, bits)) == brute(hashes, bits)


def test_bits_that_differ_in_every_band_are_found_and_negative_hashes_too():
    base = np.int64(-0x0123_4567_89AB_CDEF)
    flipped = base ^ np.int64((1 << 0) | (1 << 13) | (1 << 26) | (1 << 40))
    assert list(near_pairs(np.array([base, flipped]))) == [(0, 1, 4)]
    assert list(near_pairs(np.array([], np.int64))) == []


def test_more_bits_than_the_bands_allow_are_refused():
    with pytest.raises(ValueError, match="between 0 and 4"):
        list(near_pairs(np.zeros(2, np.int64), 5))


def test_a_picture_of_one_level_is_like_nothing():
    flat = np.full((40, 40), 7, np.uint8)
    assert correlation(thumbnail_of(flat), thumbnail_of(ramp())) == 0
    assert isinstance(perceptual_hash(flat), int)


def test_bit_depth_does_not_matter():
    eight = ramp(200, 160, seed=3)  # noise: averages are rounded to the type, which moves a few bits
    sixteen = eight.astype(np.uint16) * 257
    assert distance(perceptual_hash(eight), perceptual_hash(sixteen)) <= NEAR_BITS
    assert correlation(thumbnail_of(eight), thumbnail_of(sixteen)) > SAME_CORRELATION


def as_jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=50)
    return decode_image(buffer.getvalue())


@pytest.mark.real_data
def test_the_limits_hold_on_real_radiographs(shared_data):
    """The numbers that docs/datasets.md gives, on fifty of the three hundred images."""
    files = sorted((shared_data / "nih-cxr14-sample" / "images").glob("*.png"))[:50]
    pictures = [decode_image(path.read_bytes()) for path in files]
    hashes = [perceptual_hash(picture) for picture in pictures]
    thumbnails = [thumbnail_of(picture) for picture in pictures]
    assert not list(near_pairs(np.array(hashes, np.int64)))
    alike = np.array(thumbnails) @ np.array(thumbnails).T - np.eye(len(thumbnails))
    assert alike.max() < 0.96
    near = 0
    for picture, look, small in zip(pictures, hashes, thumbnails, strict=True):
        for changed in (as_jpeg(picture), resize(picture, (256, 256)), (255 * (picture / 255) ** 0.8).astype(np.uint8)):
            assert correlation(thumbnail_of(changed), small) > SAME_CORRELATION
            near += distance(perceptual_hash(changed), look) <= NEAR_BITS
    assert near >= 0.95 * 3 * len(pictures)
