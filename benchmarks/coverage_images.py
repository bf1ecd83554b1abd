"""How often the intervals of image-text alignment and of the pictures' own metrics hold the truth.

    python benchmarks/coverage_images.py [--repeats 200]

Alignment: embeddings of captions and of images that hold a part of them and a part that a prompt's images share; the truth is
the mean over repeats, since these statistics are unbiased (recall among 100 does not depend on how many captions there are).
Pictures: rows of log power, of grey-level histograms and of detail are drawn as they would come from pictures, with a part
shared by a prompt's images; truths are closed forms, and for the grey levels the value of one draw of 20,000 rows.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from evaluation.metrics import Estimate, Sample
from evaluation.metrics.alignment import retrieval_estimates, score_estimates
from evaluation.metrics.images import estimate_intensity_distance, estimate_spectrum_distance, estimate_texture_distance
from evaluation.metrics.pixel_table import LEVELS, PixelTable
from evaluation.metrics.result import FloatArray, Settings


@dataclass(frozen=True)
class Scenario:
    """n images in prompts of per_group, which share `within` of the noise; shift: how far the two sets are apart."""

    name: str
    n: int
    per_group: int
    within: float
    shift: float


SCENARIOS = (
    Scenario("independent", 400, 1, 0.0, 0.3),
    Scenario("prompts of 4", 480, 4, 0.3, 0.3),
    Scenario("same distribution", 480, 4, 0.3, 0.0),
)


def noise(rng: np.random.Generator, codes: np.ndarray, width: int, within: float) -> FloatArray:
    """(n, width) standard normal rows of which a part is common to a group."""
    shared = rng.normal(size=(int(codes.max()) + 1, width))[codes]
    return np.sqrt(within) * shared + np.sqrt(1 - within) * rng.normal(size=(len(codes), width))


def pairs(rng: np.random.Generator, scenario: Scenario, n: int) -> Sample:
    """Images and captions in one space."""
    codes = np.arange(n) // scenario.per_group
    texts = rng.normal(size=(int(codes.max()) + 1, 32))[codes]
    images = (0.3 + scenario.shift) * texts + noise(rng, codes, 32, scenario.within)
    captions = tuple(f"prompt {code}" for code in codes)
    return Sample(images, tuple(f"g{code:05d}" for code in codes), captions=captions, text_features=texts)


def alignment(sample: Sample, settings: Settings) -> dict[str, Estimate]:
    """Every alignment number of all images."""
    found = {**score_estimates(sample, settings), **retrieval_estimates(sample, settings)}
    return {metric: estimate for (metric, part), estimate in found.items() if not part}


def table(rng: np.random.Generator, scenario: Scenario, n: int, *, synthetic: bool) -> PixelTable:
    """Rows as pictures give them; the synthetic ones are brighter, smoother, and of less detail."""
    shift = scenario.shift * synthetic
    codes = np.arange(n) // (scenario.per_group if synthetic else min(scenario.per_group, 2))
    frequency = np.arange(1, 33)
    spectrum = -2 * np.log10(frequency) - shift * frequency / 32 + 0.2 * noise(rng, codes, 32, scenario.within)
    bright, wide = noise(rng, codes, 2, scenario.within).T
    grey = np.arange(LEVELS) / (LEVELS - 1)
    levels = stats.norm.pdf(grey, (0.45 + 0.1 * shift + 0.04 * bright)[:, None], 0.15 * np.exp(0.1 * wide)[:, None])
    texture = {side: noise(rng, codes, 16, scenario.within) * 0.2 - shift * 0.2 for side in (32, 64)}
    levels /= levels.sum(axis=1, keepdims=True)
    return PixelTable(tuple(f"g{code:05d}" for code in codes), spectrum, levels, texture)


def pictures(both: tuple[PixelTable, PixelTable], settings: Settings) -> dict[str, Estimate]:
    """The three distances."""
    return {
        "spectrum_distance": estimate_spectrum_distance(*both, settings),
        "intensity_distance": estimate_intensity_distance(*both, settings),
        "frechet_by_resolution": estimate_texture_distance(*both, settings),
    }


def picture_truths(scenario: Scenario) -> dict[str, float]:
    """Closed forms; the grey levels' distance without a shift is 0, else that of a large draw."""
    slope = scenario.shift * np.arange(1, 33) / 32
    rng = np.random.default_rng(5)
    large = tuple(table(rng, scenario, 20_000, synthetic=side) for side in (True, False))
    grey = estimate_intensity_distance(*large, Settings()).value if scenario.shift else 0.0
    return {
        "spectrum_distance": float(np.sqrt(np.mean(slope**2))),
        "intensity_distance": grey,
        "frechet_by_resolution": 16 * (0.2 * scenario.shift) ** 2,
    }


def report(title: str, draws: Iterable[dict[str, Estimate]], truths: dict[str, float]) -> None:
    """Share of intervals that hold the truth, by metric; the mean value where the truth is not given."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for estimates in draws:
        for name, one in estimates.items():
            found[name].append((one.value, one.low, one.high))
    print(f"\n{title}")
    for name, rows in found.items():
        value, low, high = np.array(rows).T
        truth = truths.get(name, float(value.mean()))
        share = 100 * np.mean((low <= truth) & (truth <= high))
        print(f"  {name:24s} covers {share:5.1f} %   mean {value.mean():9.5f}   truth {truth:9.5f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    for scenario in SCENARIOS:
        rngs = [np.random.default_rng([3, repeat]) for repeat in range(repeats)]
        report(
            f"alignment, {scenario.name}",
            (alignment(pairs(rng, scenario, scenario.n), Settings(seed=i)) for i, rng in enumerate(rngs)),
            {},
        )
        drawn = (tuple(table(rng, scenario, scenario.n, synthetic=side) for side in (True, False)) for rng in rngs)
        report(
            f"pictures, {scenario.name}",
            (pictures(both, Settings(seed=i)) for i, both in enumerate(drawn)),
            picture_truths(scenario),
        )


if __name__ == "__main__":
    main()
