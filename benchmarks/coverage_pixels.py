"""How often the intervals of metrics of pixels hold the truth: MS-SSIM, reconstructions, radiomics, near duplicates.

The interval of reconstructions is tried on means of other populations, too.

    python benchmarks/coverage_pixels.py [--repeats 400] [--setting "MS-SSIM, phantoms"]

MS-SSIM and reconstructions: phantoms of 200 prompts (or patients), four of each at 192 pixels, drawn once; a repeat draws prompts
with replacement, so that the truth is the population's own value (MS-SSIM across prompts: the mean over repeats). A
reconstruction is the phantom blurred, with noise whose strength belongs to the patient. Radiomics: skewed tables of features
in place of pyradiomics' (half a second an image); near duplicates: small pictures of which whole prompts copy training pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import numpy as np
from scipy import ndimage

from benchmarks.coverage_table import Found, Repeat, arguments, run, show
from evaluation.metrics import Sample, measure
from evaluation.metrics.multiscale import estimate_across_prompts, estimate_within_group, ms_ssim, pair_scores
from evaluation.metrics.radiomics import estimate_frechet_radiomics
from evaluation.metrics.reconstruction import band_energies, energy_estimate, mean_estimate, psnr
from evaluation.metrics.result import FloatArray, Settings
from evaluation.metrics.skewed import ratio_of_sums

PROMPTS, SEEDS, SIDE = 200, 4, 192
DRAWN = 40


@lru_cache(maxsize=1)
def phantoms() -> np.ndarray:
    """(PROMPTS * SEEDS, SIDE, SIDE) uint8 pictures, SEEDS with the same findings in a row."""
    from images.phantom import draw, sample_spec

    specs = [sample_spec(np.random.default_rng(prompt)) for prompt in range(PROMPTS)]
    drawn = [
        draw(spec, size=SIDE, seed=SEEDS * prompt + k).pixels for prompt, spec in enumerate(specs) for k in range(SEEDS)
    ]
    return np.asarray(drawn)


def chosen_rows(number: int, groups: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Rows of so many prompts, drawn with replacement, and a group for each of them."""
    prompts = np.random.default_rng([13, number]).integers(PROMPTS, size=groups)
    rows = (prompts[:, None] * SEEDS + np.arange(SEEDS)).ravel()
    return rows, tuple(f"g{group:04d}" for group in np.repeat(np.arange(groups), SEEDS))


def ms_ssim_repeat(groups: int) -> Repeat:
    """Within and across prompts, of so many prompts of four."""
    pictures = phantoms()
    pairs = [(SEEDS * p + i, SEEDS * p + j) for p in range(PROMPTS) for i in range(SEEDS) for j in range(i)]
    truth = float(pair_scores(lambda i: pictures[i] / np.float32(255), pairs).mean())

    def repeat(number: int) -> dict[str, Found]:
        rows, names = chosen_rows(number, groups)
        drawn = Sample(
            rows[:, None].astype(float), names, load_pixels=lambda index: pictures[rows[index]] / np.float32(255)
        )
        settings = Settings(seed=number)
        return {
            "ms_ssim_within_prompt": Found.of(estimate_within_group(drawn, settings), truth),
            "ms_ssim_across_prompts": Found.of(estimate_across_prompts(drawn, settings)),
        }

    return repeat


def reconstruction_repeat(groups: int) -> Repeat:
    """PSNR, MS-SSIM and energy lost, of so many patients with four images each."""
    pictures = phantoms() / np.float32(255)
    rng = np.random.default_rng(17)
    strength = np.repeat(0.01 * np.exp(0.5 * rng.normal(size=PROMPTS)), SEEDS)
    made = [
        np.clip(ndimage.gaussian_filter(p, 0.8) + s * rng.normal(size=p.shape), 0, 1).astype(np.float32)
        for p, s in zip(pictures, strength, strict=True)
    ]
    noise = np.array([psnr(a, b) for a, b in zip(made, pictures, strict=True)])
    likeness = np.array([ms_ssim(a, b) for a, b in zip(made, pictures, strict=True)])
    energies = [np.array([band_energies(picture) for picture in side]) for side in (made, pictures)]
    names = tuple(f"p{row // SEEDS}" for row in range(len(noise)))

    def estimates(rows: np.ndarray, patients: tuple[str, ...], settings: Settings) -> dict[str, Found]:
        own, real = (side[rows] for side in energies)
        return {
            "reconstruction_psnr": Found.of(mean_estimate(noise[rows], patients, settings)),
            "reconstruction_ms_ssim": Found.of(mean_estimate(likeness[rows], patients, settings)),
            "reconstruction_band_energy": Found.of(energy_estimate(own, real, patients, (SIDE, SIDE), settings)),
        }

    truths = {name: one.value for name, one in estimates(np.arange(len(noise)), names, Settings()).items()}
    return lambda number: with_truths(estimates(*chosen_rows(number, groups), Settings(seed=number)), truths)


def means_repeat(groups: int) -> Repeat:
    """Means of so many values by the interval of reconstructions, short and long tails on one side and on both."""

    def repeat(number: int) -> dict[str, Found]:
        rng = np.random.default_rng([37, number])
        drawn = {
            "exponential": (rng.exponential(size=groups), 1.0),
            "log-normal": (rng.lognormal(size=groups), float(np.exp(0.5))),
            "t, 5 degrees of freedom": (rng.standard_t(5, size=groups), 0.0),
            "normal": (rng.normal(size=groups), 0.0),
        }
        names = np.arange(groups)
        intervals = {
            name: ratio_of_sums(values[:, None], np.ones((groups, 1)), names, 0.95)
            for name, (values, _) in drawn.items()
        }
        return {name: Found(*one[:3], groups, "", drawn[name][1]) for name, one in intervals.items()}

    return repeat


def with_truths(found: Mapping[str, Found], truths: Mapping[str, float]) -> dict[str, Found]:
    return {
        name: Found(one.value, one.low, one.high, one.n, one.method, truths.get(name)) for name, one in found.items()
    }


def radiomics_repeat(n: int, features: int, tail: float = 0.5) -> Repeat:
    """Log-normal, correlated features of prompts of four, against those of patients of two; the truth is the mean over repeats.

    tail: standard deviation of their logarithms; 0.5 has skewness 1.8, and 1 has 6.
    """
    mixing = np.random.default_rng(19).normal(size=(features, features)) / np.sqrt(features)

    def rows(rng: np.random.Generator, per_group: int, shift: float) -> tuple[FloatArray, tuple[str, ...]]:
        codes = np.arange(n) // per_group
        normal = np.sqrt(0.3) * rng.normal(size=(codes[-1] + 1, features))[codes]
        normal += np.sqrt(0.7) * rng.normal(size=(n, features))
        return np.exp(tail * (normal @ mixing + shift)), tuple(f"g{code:04d}" for code in codes)

    def repeat(number: int) -> dict[str, Found]:
        rng = np.random.default_rng([23, number])
        (x, prompts), (y, patients) = rows(rng, 4, 0.3), rows(rng, 2, 0.0)
        samples = Sample(np.zeros((n, 1)), prompts), Sample(np.zeros((n, 1)), patients)
        return {
            "frechet_radiomics_distance": Found.of(estimate_frechet_radiomics(*samples, x, y, Settings(seed=number))[0])
        }

    return repeat


TRAINING, MADE, UNSEEN = 120, 160, 100


def near_duplicates_repeat(leak: float = 0.15) -> Repeat:
    """Pictures of 64 pixels; whole prompts copy training pictures with noise. The truth: the share under the repeat's rule."""

    def smooth(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.asarray(ndimage.gaussian_filter(rng.normal(size=(n, 64, 64)), (0, 4, 4)) * 8, dtype=np.float32)

    def sample(pictures: np.ndarray, name: str, per_group: int) -> Sample:
        groups = tuple(f"{name}-{row // per_group}" for row in range(len(pictures)))
        return Sample(np.zeros((len(pictures), 2)), groups, load_pixels=lambda index: pictures[index])

    learnt = smooth(np.random.default_rng(29), TRAINING)
    training = sample(learnt, "training", 1)

    def repeat(number: int) -> dict[str, Found]:
        rng = np.random.default_rng([31, number])
        made, unseen = smooth(rng, MADE), smooth(rng, UNSEEN)
        copying = np.repeat(rng.random(MADE // 4) < leak, 4)
        sources = rng.integers(TRAINING, size=int(copying.sum()))
        made[copying] = learnt[sources] + 0.1 * rng.normal(size=made[copying].shape)
        both = sample(made, "prompt", 4), sample(unseen, "unseen", 1)
        (result,) = measure(*both, names=["near_duplicates"], training=training, settings=Settings(seed=number))
        return {"near_duplicates": Found.of(result, leak)}

    return repeat


SETTINGS: dict[str, Callable[[], Repeat]] = {
    f"MS-SSIM, phantoms, {DRAWN} prompts of 4": lambda: ms_ssim_repeat(DRAWN),
    "MS-SSIM, phantoms, 12 prompts of 4": lambda: ms_ssim_repeat(12),
    f"reconstructions, phantoms, {DRAWN} patients of 4": lambda: reconstruction_repeat(DRAWN),
    "reconstructions, phantoms, 12 patients of 4": lambda: reconstruction_repeat(12),
    **{f"means of {groups}": partial(means_repeat, groups) for groups in (6, 12, 20, 40, 100)},
    "radiomics, 16 features, bias-corrected": lambda: radiomics_repeat(200, 16),
    "radiomics, 120 features, at this n": lambda: radiomics_repeat(160, 120),
    "radiomics, long tails, 120 features, at this n": lambda: radiomics_repeat(160, 120, 1.0),
    "radiomics, 300 features of 160 images": lambda: radiomics_repeat(160, 300),
    "radiomics, 465 features of 300 images": lambda: radiomics_repeat(300, 465),
    "near duplicates, 40 prompts of 4": near_duplicates_repeat,
}


def main() -> None:
    options = arguments(__doc__, 400).parse_args()
    for setting, prepare in SETTINGS.items():
        if not options.setting or any(setting.startswith(asked) for asked in options.setting):
            show(setting, run(prepare(), options.repeats, options.processes))


if __name__ == "__main__":
    main()
