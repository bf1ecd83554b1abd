"""Distances at 64, 128 ... pixels: where they rise is where it goes wrong, and no more is read than a fixed number of pictures."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.metrics import MetricResult, Sample, measure
from evaluation.metrics.resolution import PICTURES, detail, halvings
from evaluation.metrics.result import Look
from images.pixels import square

DETAIL, FEATURES = "frechet_by_resolution", "frechet_features_by_resolution"


def pictures(seed: int, n: int = 80, *, blur: float = 0.0, side: int = 256, input_size: int = 1000) -> Sample:
    """Noise of two sizes; the network of the sample sees mean and SD of the rows of a picture's quarters."""

    def load_square(index: int, size: int) -> np.ndarray:
        rng = np.random.default_rng([seed, index])
        coarse = np.kron(rng.normal(size=(side // 16, side // 16)), np.ones((16, 16)))
        picture = 0.5 + 0.05 * coarse + 0.05 * rng.normal(size=(side, side))
        blurred = gaussian_filter(picture, blur) if blur else picture
        return square(np.rint(255 * np.clip(blurred, 0, 1)).astype(np.uint8), size)

    def look(rows: np.ndarray, size: int) -> np.ndarray:
        parts = np.array([load_square(int(row), size).reshape(4, -1) for row in rows])
        return np.concatenate([parts.mean(axis=2), parts.std(axis=2)], axis=1)

    return Sample(
        look(np.arange(n), side),
        tuple(f"g{i // 2:03d}" for i in range(n)),
        sides=(side,) * n,
        load_square=load_square,
        look=Look(input_size, look),
    )


def only(synthetic: Sample, reference: Sample, name: str) -> MetricResult:
    (result,) = measure(synthetic, reference, names=[name])
    return result


@pytest.mark.parametrize("name", [DETAIL, FEATURES])
def test_a_blur_shows_at_the_full_size_and_not_from_afar(name: str) -> None:
    result = only(pictures(0, blur=0.7), pictures(1), name)
    series = result.extra["series"]
    assert [point["side"] for point in series] == [64, 128, 256]
    assert (
        series[2]["low"] > result.baseline.extra["series"][2]["high"] and series[2]["value"] > 20 * series[0]["value"]
    )
    assert result.value == pytest.approx(np.mean([point["value"] for point in series]))
    assert all(point["low"] <= point["value"] <= point["high"] for point in series)


@pytest.mark.parametrize("name", [DETAIL, FEATURES])
def test_the_same_process_is_at_its_noise_at_every_side(name: str) -> None:
    result = only(pictures(0), pictures(1), name)
    assert result.low <= 0.05 * result.extra["plug_in"] and result.low < result.baseline.high
    assert result.n == result.baseline.n == 40 and result.extra["bias_corrected"]


def test_sides_double_from_64_to_the_smallest_picture() -> None:
    assert halvings(64) == [64] and halvings(500) == [64, 128, 256] and halvings(2048)[-1] == 2048
    mixed = replace(pictures(1), sides=(1024, *(300,) * 79))
    assert "64, 128, 256 pixels; 40 images of each set (at most 200, seeded)" in only(mixed, pictures(0), DETAIL).method


def test_a_network_is_not_asked_beyond_its_own_input() -> None:
    asked: list[tuple[int, int]] = []
    sample = pictures(0, input_size=100)

    def look(rows: np.ndarray, side: int) -> np.ndarray:
        asked.append((side, len(rows)))
        return sample.look.features(rows, side)

    series = only(replace(sample, look=Look(100, look)), pictures(1, input_size=100), FEATURES).extra["series"]
    assert [point["side"] for point in series] == [64, 256] and asked == [(64, 40)]


def test_no_more_pictures_are_read_than_the_limit() -> None:
    seen = set()

    def load(index: int, side: int) -> np.ndarray:
        seen.add(index)
        return np.random.default_rng(index).integers(0, 255, (side, side), dtype=np.uint8)

    n = 5 * PICTURES
    many = Sample(np.zeros((n, 1)), tuple(map(str, range(n))), sides=(64,) * n, load_square=load)
    assert only(many, many, DETAIL).n == PICTURES and len(seen) <= 3 * PICTURES


def test_detail_is_the_variance_that_a_halving_loses() -> None:
    noise = np.random.default_rng(0).normal(127.5, 25.5, (512, 512)).round().clip(0, 255).astype(np.uint8)
    found = detail(noise)
    assert list(found) == [512, 256, 128, 64] and all(part.shape == (16,) for part in found.values())
    assert 10 ** found[512] == pytest.approx(np.full(16, 0.01 * 3 / 4), rel=0.05)
    assert 10 ** found[256] == pytest.approx(np.full(16, 0.01 * 3 / 16), rel=0.1)
    assert all(np.isfinite(part).all() for part in detail(np.full((64, 64), 7, np.uint8)).values())


def test_what_the_series_cannot_do_is_said() -> None:
    small = replace(pictures(0), sides=(60,) * 80)
    assert "the smallest picture has 60" in only(small, pictures(1), DETAIL).refused
    coarse = pictures(0, side=64), pictures(1, side=64)
    assert "no smaller side" in only(*coarse, FEATURES).refused
    assert "The network itself is not at hand" in only(replace(coarse[0], look=None), coarse[1], FEATURES).refused
    few = replace(pictures(1), groups=("one",) * 80)
    assert "too few patients" in only(pictures(0), few, DETAIL).refused
