"""The rendition, the commitment and the audit: what they promise."""

import numpy as np
import pytest

from images.pixels import resize
from reader_study.blinding import (
    WouldEnlarge,
    audit_frames,
    canonical_json,
    commit,
    common_size,
    digest_json,
    frame_bytes,
    opens,
    render,
)
from reader_study.blinding.features import FEATURES, describe, histogram_gaps

NONCE = "ab" * 32


def picture(height: int, width: int, seed: int = 0, bits: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = resize(rng.integers(0, 256, (9, 9), dtype=np.uint8), (height, width)).astype(float)
    levels = np.clip(smooth + rng.normal(0, 4, (height, width)), 0, 255) / 255
    return np.rint(levels * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)


@pytest.mark.parametrize("shape, bits", [((64, 64), 8), ((300, 200), 8), ((128, 257), 16), ((65, 64), 16)])
def test_every_picture_gives_a_frame_of_the_same_size_and_depth(shape: tuple[int, int], bits: int) -> None:
    frame = render(picture(*shape, bits=bits), 64)
    assert frame.shape == (64, 64) and frame.dtype == np.uint8
    assert len(frame_bytes(frame)) == 64 * 64


def test_the_same_picture_gives_the_same_frame_to_the_bit() -> None:
    assert frame_bytes(render(picture(200, 180), 128)) == frame_bytes(render(picture(200, 180), 128))


def test_bit_depth_does_not_show() -> None:
    eight = picture(128, 128)
    sixteen = eight.astype(np.uint16) * 257
    assert np.array_equal(render(eight, 128), render(sixteen, 128))


def test_a_stretched_histogram_shows_few_gaps() -> None:
    sparse = (np.linspace(60, 180, 128 * 128) + np.random.default_rng(0).normal(0, 2, 128 * 128)).astype(np.uint8)
    sparse = sparse.reshape(128, 128)
    naive = np.clip((sparse - 60.0) / 120 * 255, 0, 255).astype(np.uint8)
    assert histogram_gaps(naive) > 0.4 and histogram_gaps(render(sparse, 128)) < 0.1


def test_grey_levels_span_the_whole_range_alike() -> None:
    dark, bright = picture(128, 128) // 4, picture(128, 128) // 4 + 190
    assert np.abs(render(dark, 128).astype(int) - render(bright, 128)).max() <= 1


def test_nothing_is_ever_enlarged() -> None:
    with pytest.raises(WouldEnlarge, match="smaller than the frame"):
        render(picture(100, 63), 64)
    with pytest.raises(WouldEnlarge, match="only 31 pixels"):
        common_size([(512, 512), (31, 400)])
    assert common_size([(512, 512), (400, 3000)]) == 400
    assert common_size([(3000, 2500)]) == 1024


def test_canonical_json_does_not_depend_on_order() -> None:
    assert canonical_json({"b": [1, "ä"], "a": None}) == '{"a":null,"b":[1,"ä"]}'.encode()
    assert digest_json({"a": 1, "b": 2}) == digest_json({"b": 2, "a": 1}) != digest_json({"a": 1, "b": 3})
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json(float("nan"))


def test_commitment_opens_with_its_own_key_and_nonce_only() -> None:
    key = {"C001": {"source": "real"}, "C002": {"source": "synthetic"}}
    commitment = commit(key, NONCE)
    assert opens(commitment, dict(reversed(key.items())), NONCE)
    assert not opens(commitment, {**key, "C002": {"source": "real"}}, NONCE)
    assert not opens(commitment, key, "cd" * 32)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        commit(key, "ab")


def test_features_are_finite_on_any_frame() -> None:
    frames = [np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8), render(picture(64, 64), 64)]
    frames.append(np.indices((64, 64)).sum(0).astype(np.uint8))
    assert np.isfinite([describe(frame) for frame in frames]).all()
    assert len(FEATURES) >= 12


def test_audit_finds_a_planted_cue_and_names_it() -> None:
    frames = [render(picture(64, 64, seed), 64) for seed in range(60)]
    labels = [number % 2 == 0 for number in range(60)]
    for frame, synthetic in zip(frames, labels):
        if synthetic:
            frame[:8, :8] = 0
            frame[3:6, 3:6] = 255
    audit = audit_frames(frames, labels)
    assert "corner_detail" in [row.feature for row in audit.suspicious]
    assert audit.rows[0].p < 0.01


def test_audit_of_pictures_from_one_source_is_rarely_suspicious() -> None:
    frames = [render(picture(64, 64, seed), 64) for seed in range(60)]
    rng = np.random.default_rng(5)
    alarms = sum(
        bool(audit_frames(frames, list(rng.permuted([True, False] * 30)), permutations=200, seed=n).suspicious)
        for n in range(12)
    )
    assert alarms <= 3


def test_audit_needs_both_classes() -> None:
    with pytest.raises(ValueError, match="real and synthetic"):
        audit_frames([render(picture(64, 64), 64)], [True])
