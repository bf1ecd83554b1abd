"""How often the intervals of image-text alignment and of the pictures' own metrics hold the truth.

    python benchmarks/coverage_images.py [--repeats 400] [--only alignment] [--setting "prompts of 4"]

Alignment: embeddings of captions and of images that hold a part of them and a part that a prompt's images share; the truth is
the mean over repeats, since these statistics are unbiased (recall among 100 does not depend on how many captions there are).
In one setting some captions are near to every picture, others far from all.
Pictures: rows of log power, of grey-level histograms and of detail are drawn as they would come from pictures, with a part
shared by a prompt's images; truths are closed forms, and for the grey levels the value of one draw of 20,000 rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats

from benchmarks.coverage_table import Found, arguments, run, show
from evaluation.metrics import Estimate, Sample
from evaluation.metrics.alignment import retrieval_estimates, score_estimates
from evaluation.metrics.images import estimate_intensity_distance, estimate_spectrum_distance
from evaluation.metrics.pixel_table import LEVELS, PixelTable
from evaluation.metrics.resolution import BySide, estimate_over_sides
from evaluation.metrics.result import FloatArray, Settings


@dataclass(frozen=True)
class Scenario:
    """n images in prompts of per_group, which share `within` of the noise; shift: how far the two sets are apart, or how much
    more than a little an image holds of its caption; pull: how much captions differ in being near to every image."""

    name: str
    n: int
    per_group: int
    within: float
    shift: float
    pull: float = 0.0


SCENARIOS = (
    Scenario("independent", 400, 1, 0.0, 0.3),
    Scenario("prompts of 4", 480, 4, 0.3, 0.3),
    Scenario("small", 120, 4, 0.3, 0.3),
    Scenario("same distribution", 480, 4, 0.3, 0.0),
    Scenario("captions near all", 480, 4, 0.3, 0.0, pull=0.5),
)


def noise(rng: np.random.Generator, codes: np.ndarray, width: int, within: float) -> FloatArray:
    """(n, width) standard normal rows of which a part is common to a group."""
    shared = rng.normal(size=(int(codes.max()) + 1, width))[codes]
    return np.sqrt(within) * shared + np.sqrt(1 - within) * rng.normal(size=(len(codes), width))


def pairs(rng: np.random.Generator, scenario: Scenario, n: int) -> Sample:
    """Images and captions in one space."""
    codes = np.arange(n) // scenario.per_group
    count = int(codes.max()) + 1
    texts = rng.normal(size=(count, 32)) + scenario.pull * rng.normal(size=(count, 1))
    texts = texts[codes]
    images = (0.3 + scenario.shift) * texts + noise(rng, codes, 32, scenario.within) + 0.7 * scenario.pull
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
    levels /= levels.sum(axis=1, keepdims=True)
    return PixelTable(tuple(f"g{code:05d}" for code in codes), spectrum, levels)


def details(rng: np.random.Generator, scenario: Scenario, n: int, *, synthetic: bool) -> BySide:
    """Detail at two sides; the synthetic pictures have less of it."""
    codes = np.arange(n) // (scenario.per_group if synthetic else min(scenario.per_group, 2))
    lost = scenario.shift * 0.2 * synthetic
    rows = {side: noise(rng, codes, 16, scenario.within) * 0.2 - lost for side in (64, 128)}
    return BySide(tuple(f"g{code:05d}" for code in codes), rows)


def pictures(
    both: tuple[PixelTable, PixelTable], sided: tuple[BySide, BySide], settings: Settings
) -> dict[str, Estimate]:
    """The three distances."""
    return {
        "spectrum_distance": estimate_spectrum_distance(*both, settings),
        "intensity_distance": estimate_intensity_distance(*both, settings),
        "frechet_by_resolution": estimate_over_sides(*sided, settings),
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


def one_repeat(number: int, scenario: Scenario, kind: str, truths: Mapping[str, float]) -> dict[str, Found]:
    """The intervals of one draw of alignment, or of the pictures' own metrics."""
    rng, settings = np.random.default_rng([3, number]), Settings(seed=number)
    if kind == "alignment":
        estimates = alignment(pairs(rng, scenario, scenario.n), settings)
    else:
        both = [table(rng, scenario, scenario.n, synthetic=side) for side in (True, False)]
        sided = [details(rng, scenario, scenario.n, synthetic=side) for side in (True, False)]
        estimates = pictures((both[0], both[1]), (sided[0], sided[1]), settings)
    return {name: Found.of(one, truths.get(name)) for name, one in estimates.items()}


def main() -> None:
    options = arguments(__doc__, 400).parse_args()
    for scenario in SCENARIOS:
        if options.setting and scenario.name not in options.setting:
            continue
        for kind in options.only or ("alignment", "pictures"):
            truths = picture_truths(scenario) if kind == "pictures" else {}
            one = partial(one_repeat, scenario=scenario, kind=kind, truths=truths)
            show(scenario.name, run(one, options.repeats, options.processes))


if __name__ == "__main__":
    main()
