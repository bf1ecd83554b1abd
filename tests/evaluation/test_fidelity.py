"""Distances beyond the peers' own: at infinite n, by finding, in blocks, by a probe, of radiomic features."""

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from evaluation.metrics import MetricResult, Sample, Settings, frechet_distance, measure
from evaluation.metrics import mmd as mmd_file
from evaluation.metrics.by_finding import MAXIMUM
from evaluation.metrics.c2st import cross_fitted_auroc, estimate_c2st
from evaluation.metrics.cmmd import cmmd
from evaluation.metrics.frechet_infinity import estimate_frechet_infinity, intercept_weights
from evaluation.metrics.gaussian import features_to_gaussian, remembered_gaussian
from evaluation.metrics.kid import estimate_kernel_distance
from evaluation.metrics.neighbours import Points, neighbour_radii
from evaluation.metrics.radiomics import distances_in_own_units, estimate_frechet_radiomics, load_extractor

SPREAD = np.arange(1, 13) ** -0.5


def make(
    seed: int, n: int, shift: float = 0.0, per_group: int = 2, findings: tuple[tuple[str, ...], ...] = ()
) -> Sample:
    features = np.random.default_rng(seed).normal(size=(n, 12)) * SPREAD + shift
    return Sample(features, tuple(f"{i // per_group:04d}-{seed}" for i in range(n)), findings)


def only(results: tuple[MetricResult, ...]) -> MetricResult:
    (result,) = results
    return result


def test_the_extrapolated_distance_meets_the_closed_form_where_the_plug_in_does_not() -> None:
    x, y = make(0, 600, 0.2), make(1, 800)
    result = only(measure(x, y, names=["frechet_distance_infinity"]))
    truth = 12 * 0.2**2
    assert result.low < truth < result.high and result.baseline.low < 0 < result.baseline.high
    distances = result.extra["distances"]
    assert distances == sorted(distances) and distances[0] > result.value
    assert distances[0] == pytest.approx(frechet_distance(x.features, y.features))
    assert result.extra["sizes"] == [600, 300, 200, 150, 120]


def test_the_line_of_the_extrapolation_is_the_least_squares_line() -> None:
    heights = np.array([1.0, 1.4, 1.9, 2.2])
    assert intercept_weights(4) @ heights == pytest.approx(np.polyfit([1, 2, 3, 4], heights, 1)[1])


def test_the_extrapolation_is_left_to_sets_that_can_be_cut() -> None:
    refused = only(measure(make(0, 60), make(1, 60), names=["frechet_distance_infinity"])).refused
    assert "needs 48 synthetic and 96 real images with 12 features; there are 60 and 60" in refused
    replicate = estimate_frechet_infinity(make(0, 60, per_group=6), make(1, 60, per_group=6), Settings(blocks=10), 5)
    assert len(replicate.extra["distances"]) == 5


def test_a_reference_is_decomposed_once_and_never_mistaken_for_another() -> None:
    y = make(1, 90).features.astype(np.float32)
    first = remembered_gaussian(y)
    assert remembered_gaussian(y.copy()) is first
    y[3, 4] += 1
    assert remembered_gaussian(y) is not first
    assert remembered_gaussian(y).trace == features_to_gaussian(y).trace


def test_large_samples_are_not_copied() -> None:
    x = np.random.default_rng(0).normal(size=(60_000, 32)).astype(np.float32)
    tracemalloc.start()
    features_to_gaussian(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes


def test_distances_by_finding_are_at_one_n_and_only_where_there_are_enough() -> None:
    asked = [("Pleural Effusion",), ("Edema", "Effusion"), ("Mass",), ("No Finding",)]
    x = make(0, 320, 0.3, findings=tuple(asked[i % 3] if i < 300 else asked[3] for i in range(320)))
    y = make(1, 400, findings=tuple((("Effusion",), ("Lung Mass",), ("edema",))[i % 3] for i in range(400)))
    results = measure(x, y, names=["frechet_distance", "kernel_distance"])
    by_name = {r.finding: r for r in results if r.metric == "frechet_distance"}
    assert list(by_name) == ["", "Edema", "Effusion", "Mass"]
    assert {r.n for r in results if r.finding} == {100}
    assert by_name["Effusion"].extra["n_with_finding"] == [200, 134]
    assert all(r.baseline.n == 50 and r.low < r.value < r.high for r in results if r.finding)
    assert MAXIMUM >= 100


def test_the_kernel_distance_of_blocks_agrees_with_that_of_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = make(0, 400, 0.3), make(1, 300)
    whole = estimate_kernel_distance(x, y, Settings())
    monkeypatch.setattr(mmd_file, "BLOCK_ROWS", 100)
    blocks = estimate_kernel_distance(x, y, Settings())
    assert blocks.extra["blocks"] == 4 and "4 disjoint blocks" in blocks.method and whole.extra["blocks"] == 1
    assert blocks.value == pytest.approx(whole.value, abs=2 * whole.extra["se"])
    assert blocks.extra["se"] == pytest.approx(whole.extra["se"], rel=0.5)


def test_cmmd_of_equal_distributions_is_near_zero_and_its_biased_form_is_not() -> None:
    pairs = [(make(2 * s, 100).features, make(2 * s + 1, 100).features) for s in range(20)]
    unbiased, biased = ([cmmd(*pair, biased=form) for pair in pairs] for form in (False, True))
    assert abs(np.mean(unbiased)) < 3 * np.std(unbiased) / np.sqrt(20) and np.mean(biased) > 0.15


def test_a_probe_tells_shifted_images_apart_and_not_equal_ones() -> None:
    apart, alike = (estimate_c2st(make(0, 200, shift), make(1, 240), Settings()) for shift in (0.8, 0.0))
    assert apart.low > 0.9 and alike.low < 0.5 < alike.high
    assert alike.extra["steadiness"] < 0.6 < apart.extra["steadiness"]


def test_the_probe_s_logits_follow_the_rows() -> None:
    x = make(0, 60, 0.5)
    marked = replace(x, features=x.features + np.where(np.arange(60)[:, None] == 41, 9.0, 0.0))
    order = np.random.default_rng(0).permutation(60)
    logits = estimate_c2st(marked, make(1, 60), Settings()).extra["per_image"]
    assert int(np.argmax(logits)) == 41
    assert estimate_c2st(marked.take(order), make(1, 60), Settings()).extra["per_image"] == [logits[i] for i in order]


def test_reconstructions_stay_in_one_fold_with_their_originals() -> None:
    """A probe that saw the original of a reconstruction as "real" would call the copy real, too: AUROC far below 0.5."""
    y = make(1, 120)
    copies = replace(y, features=y.features + 1e-3)
    assert estimate_c2st(copies, y, Settings()).value == pytest.approx(0.5, abs=0.05)


def test_the_probe_s_area_compares_images_of_one_fold_only() -> None:
    truth, folds = np.array([1, 1, 0, 0] * 6), np.repeat([0, 1, 2], 8)
    logits = np.random.default_rng(0).normal(size=24) + truth
    area, variance, _ = cross_fitted_auroc(logits, truth, folds, tuple(map(str, range(24))))
    moved, same, _ = cross_fitted_auroc(logits + 100.0 * folds, truth, folds, tuple(map(str, range(24))))
    assert (area, variance) == pytest.approx((moved, same))
    wins = [
        np.mean(logits[(folds == f) & (truth == 1)][:, None] > logits[(folds == f) & (truth == 0)]) for f in range(3)
    ]
    assert area == pytest.approx(np.mean(wins))


def test_neighbours_in_tight_clusters_are_exact() -> None:
    """Twenty groups of near-duplicates far from each other: single precision alone cannot tell the near ones apart."""
    rng = np.random.default_rng(0)
    x = np.repeat(10 * rng.normal(size=(20, 16)), 40, axis=0) + 1e-5 * rng.normal(size=(800, 16))
    radii = neighbour_radii(Points.around(x, x.mean(axis=0)), (3, 5))
    for row in (0, 333, 799):
        others = np.sort(((np.delete(x, row, axis=0) - x[row]) ** 2).sum(axis=1))
        assert [r.full[row] for r in radii] == pytest.approx([others[2], others[4]], rel=1e-9)


def test_radiomics_without_the_package_is_refused_with_the_way_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "radiomics", None)
    pictures = replace(make(0, 40), load_pixels=lambda index: np.zeros((256, 256), dtype=np.float32))
    result = only(measure(pictures, pictures, names=["frechet_radiomics_distance"]))
    assert result.value is None and "pyradiomics" in result.refused and "To install it: pip install" in result.refused


def test_radiomic_features_count_in_units_of_the_reference() -> None:
    x, y = make(0, 100, 0.5), make(1, 100)
    units = 10.0 ** np.arange(12)
    tables = x.features * units, y.features * units
    tables[0][5, 3], tables[1][:, 7] = np.nan, 2.0
    estimate, floor = estimate_frechet_radiomics(x, y, *tables, Settings())
    kept = [c for c in range(12) if c not in (3, 7)]
    standard = [(s.features[:, kept] - y.features[:, kept].mean(0)) / y.features[:, kept].std(0) for s in (x, y)]
    assert estimate.extra["plug_in"] == pytest.approx(frechet_distance(*standard))
    assert estimate.extra["log"] == pytest.approx(np.log(estimate.value)) and floor is not None and floor.n == 50


def test_a_resampled_reference_sets_the_units_of_radiomic_features() -> None:
    x, y, blocks = make(0, 60, 0.5).features, make(1, 60).features, np.arange(60) // 2 % 20
    y[:, 4] = np.where(blocks == 3, 1.0, 0.0)
    found = distances_in_own_units(x, y, blocks)
    for block in (0, 3):
        kept = y[blocks != block]
        unit = kept.std(axis=0) if block == 0 else np.where(np.arange(12) == 4, 1.0, kept.std(axis=0))
        assert found[block] == pytest.approx(frechet_distance(x / unit, kept / unit))


def test_the_error_of_radiomics_holds_that_of_the_units() -> None:
    """Skewed features, of which few images decide the standard deviation: taken as given, 0.77 of the variance."""
    found = []
    for seed in range(60):
        x, y = make(2 * seed, 100, 0.3), make(2 * seed + 1, 100)
        tables = np.exp(0.7 * x.features), np.exp(0.7 * y.features)
        estimate, _ = estimate_frechet_radiomics(x, y, *tables, Settings(seed=seed))
        found.append((estimate.extra["plug_in"], estimate.extra["se"] ** 2))
    plug_in, variance = np.array(found).T
    assert "units" in estimate.method and 1.0 < variance.mean() / plug_in.var() < 2.0


def test_radiomics_by_the_package_itself() -> None:
    """Blurred noise has another texture than noise; two draws of noise have the same."""
    pytest.importorskip("radiomics", reason="pyradiomics is an optional package that needs a compiler")
    features = load_extractor()(noise(0)(0))
    assert len(features) == 5 * 93 and {name.split("_")[0] for name in features} == {
        "original", *(f"wavelet-{band}" for band in ("LL", "LH", "HL", "HH"))
    }  # fmt: skip
    reference, same, blurred = (replace(make(seed, 24), load_pixels=noise(seed, seed == 2)) for seed in range(3))
    values = {}
    for name, sample in (("same", same), ("blurred", blurred)):
        result = only(measure(sample, reference, names=["frechet_radiomics_distance"]))
        assert result.value is not None and result.baseline is not None and result.low <= result.value <= result.high
        values[name] = result.value
    assert values["blurred"] > 10 * values["same"]


def noise(seed: int, blurred: bool = False) -> Callable[[int], np.ndarray]:
    """A loader of (32, 32) pictures in [0, 1]."""

    def load(index: int) -> np.ndarray:
        pixels = np.random.default_rng([seed, index]).random((32, 32), dtype=np.float32)
        return ndimage.gaussian_filter(pixels, 1.0) if blurred else pixels

    return load
