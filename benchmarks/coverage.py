"""How often the 95 % intervals of the score card hold the truth, on Gaussians whose truth is known.

    python benchmarks/coverage.py [--repeats 200] [--only auroc] [--scenario small] [--phantoms]

Each repeat draws a synthetic sample in prompts of `per_group` images and a reference in patients, both from Gaussians
with a group effect, and asks whether the interval holds the target: the closed form for the Fréchet distance, the share of
variance between seeds and the classifier; the expectation at that n (mean over repeats) for the others, which is the
distribution's own value where the statistic is unbiased (kernel distance, feature distances).
With --phantoms, samples are drawn from 1,200 phantoms' features (random DenseNet) instead, 4 of each of 300 prompts, and every
target is the mean over repeats. See also coverage_images.py, coverage_compare.py,
coverage_clinical.py and privacy_coverage.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy import linalg, stats

from benchmarks.coverage_table import Covered, Found, arguments, run, show
from evaluation.metrics import Sample, diversity, frechet, frechet_infinity
from evaluation.metrics.c2st import estimate_c2st
from evaluation.metrics.cmmd import GAUSSIAN, SCALE
from evaluation.metrics.frechet import IMAGES_PER_DIMENSION, frechet_distance
from evaluation.metrics.kid import estimate_kernel_distance
from evaluation.metrics.mmd import estimate_discrepancy
from evaluation.metrics.prdc import estimate_prdc
from evaluation.metrics.result import Estimate, FloatArray, Settings
from evaluation.metrics.roc import estimate_auroc
from evaluation.metrics.vendi import estimate_vendi

FINDING = "Effusion"


@dataclass(frozen=True)
class Scenario:
    """n synthetic images in groups of per_group, m reference images in groups of two, d features."""

    name: str
    n: int
    m: int
    d: int
    per_group: int
    shift: float
    within: float  # share of the variance that lies between groups
    tails: float = np.inf  # degrees of freedom of the synthetic images' t distribution


SCENARIOS = (
    Scenario("independent", 320, 320, 16, 1, 0.3, 0.0),
    Scenario("prompts of 4", 320, 320, 16, 4, 0.3, 0.3),
    Scenario("small", 120, 160, 12, 4, 0.3, 0.3),
    Scenario("more features than images", 160, 160, 200, 4, 0.3, 0.3),
    Scenario("same distribution", 320, 320, 16, 4, 0.0, 0.3),
    Scenario("same distribution, more features than images", 160, 160, 200, 4, 0.0, 0.3),
    Scenario("two images a feature", 126, 300, 60, 3, 0.3, 0.3),
    Scenario("same distribution, two images a feature", 126, 300, 60, 3, 0.0, 0.3),
    Scenario("far off", 126, 300, 16, 3, 1.5, 0.3),
    Scenario("far off, n = 300", 300, 300, 16, 3, 1.5, 0.3),
    Scenario("far off, heavy tails", 126, 300, 16, 3, 1.5, 0.3, 3),
)
AREA = 0.85  # AUROC of the simulated classifier: binormal


def covariances(scenario: Scenario) -> tuple[FloatArray, FloatArray]:
    """Two (d,) diagonal spectra that fall as a power law, the synthetic one a little narrower where there is a shift."""
    spectrum = np.arange(1, scenario.d + 1) ** -0.8
    return spectrum * (1 - scenario.shift / 2), spectrum


def true_frechet_distance(scenario: Scenario) -> float:
    """Closed form for the two Gaussians (diagonal covariances commute)."""
    a, b = covariances(scenario)
    mean = scenario.shift * np.sqrt(b)
    root = linalg.sqrtm(np.diag(a * b)).real
    return float(mean @ mean + a.sum() + b.sum() - 2 * np.trace(root))


def draw(
    rng: np.random.Generator, n: int, variance: FloatArray, mean: FloatArray, per_group: int, within: float
) -> tuple[FloatArray, tuple[str, ...]]:
    """(n, d) Gaussian features with a group effect that holds `within` of the variance, and the groups."""
    codes = np.arange(n) // per_group
    effect = rng.normal(size=(codes[-1] + 1, len(variance)))[codes] * np.sqrt(within)
    own = rng.normal(size=(n, len(variance))) * np.sqrt(1 - within)
    return mean + (effect + own) * np.sqrt(variance), tuple(f"g{c:05d}" for c in codes)


def classify(rng: np.random.Generator, groups: tuple[str, ...], within: float) -> tuple[FloatArray, tuple]:  # type: ignore[type-arg]
    """(n, 1) probabilities whose AUROC is AREA, correlated within a group; half of the groups have the finding."""
    codes = np.unique(groups, return_inverse=True)[1]
    truth = codes % 2
    separation = np.sqrt(2) * stats.norm.ppf(AREA)
    effect = rng.normal(size=codes.max() + 1)[codes] * np.sqrt(within)
    score = truth * separation + effect + rng.normal(size=len(codes)) * np.sqrt(1 - within)
    findings = tuple((FINDING,) if t else ("No Finding",) for t in truth)
    return stats.norm.cdf(score - separation / 2)[:, None], findings


def sample(rng: np.random.Generator, scenario: Scenario, *, synthetic: bool) -> Sample:
    """One draw of a set, with features and a classifier's output."""
    own, real = covariances(scenario)
    mean = scenario.shift * np.sqrt(real) * synthetic
    size = (scenario.n, scenario.per_group) if synthetic else (scenario.m, min(scenario.per_group, 2))
    features, groups = draw(rng, size[0], own if synthetic else real, mean, size[1], scenario.within)
    if synthetic and np.isfinite(scenario.tails):
        features = mean + (features - mean) * np.sqrt(
            scenario.tails / rng.chisquare(scenario.tails, size=(len(features), 1))
        )
    probabilities, findings = classify(rng, groups, scenario.within)
    return Sample(features, groups, findings, (FINDING,), probabilities, (0.5,))


def truths(scenario: Scenario) -> dict[str, float]:
    """Targets in closed form; the others are taken as the mean over repeats."""
    known = {"auroc": AREA, "seed_sensitivity": 1 - scenario.within}
    enough = min(scenario.n, scenario.m // 2) >= IMAGES_PER_DIMENSION * scenario.d
    if enough and np.isinf(scenario.tails):
        known |= dict.fromkeys(("frechet_distance", "frechet_distance_infinity"), true_frechet_distance(scenario))
    if not scenario.shift:
        known |= {"kernel_distance": 0.0, "cmmd": 0.0}
    return known


def coverage(
    scenario: Scenario, names: tuple[str, ...] | None, repeats: int, *, processes: int = 1
) -> dict[str, Covered]:
    """By metric: how often the interval held the target."""
    known = truths(scenario)

    def repeat(number: int) -> dict[str, Found]:
        rng = np.random.default_rng([0, number])
        pair = sample(rng, scenario, synthetic=True), sample(rng, scenario, synthetic=False)
        return measured(pair, names, known, number)

    return run(repeat, repeats, processes)


def measured(
    pair: tuple[Sample, Sample], names: tuple[str, ...] | None, known: dict[str, float], seed: int
) -> dict[str, Found]:
    """The interval of every metric of one pair of samples, without the noise floors that a card has, too."""
    settings = Settings(seed=seed)
    found: dict[str, Estimate] = {}
    for family, function in ESTIMATORS.items():
        if names is None or set(names) & set(family):
            found |= function(*pair, settings)
    wanted = found if names is None else [name for name in found if name in names]
    return {name: Found.of(found[name], known.get(name)) for name in wanted}


def _frechet_infinity(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    """Where there are as many images as the family asks for."""
    enough = 2 * frechet_infinity.IMAGES_PER_DIMENSION
    if not frechet.correctable(synthetic, reference, enough):
        return {}
    parts = frechet_infinity.part_counts(synthetic, reference)
    estimate = frechet_infinity.estimate_frechet_infinity(synthetic, reference, settings, parts)
    return {"frechet_distance_infinity": estimate}


def _diversity(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    found = {"feature_distance_across_prompts": diversity.estimate_across_groups(synthetic, settings, "prompts")}
    if synthetic.n_groups < synthetic.n:
        found["feature_distance_within_prompt"] = diversity.estimate_within_prompts(synthetic, settings)
        found["seed_sensitivity"] = diversity.estimate_seed_sensitivity(synthetic, settings)
    return found


def _classifier(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    if synthetic.probabilities is None:
        return {}
    truth = np.array([FINDING in names for names in synthetic.findings], dtype=np.intp)
    return {"auroc": estimate_auroc(synthetic.probabilities[:, 0], truth, synthetic.groups, settings.confidence)}


Estimator = Callable[[Sample, Sample, Settings], dict[str, Estimate]]


def _single(name: str, estimate: Callable[[Sample, Sample, Settings], Estimate]) -> Estimator:
    return lambda synthetic, reference, settings: {name: estimate(synthetic, reference, settings)}


# Which names each makes, and how.
ESTIMATORS: dict[tuple[str, ...], Estimator] = {
    ("frechet_distance",): _single("frechet_distance", frechet.estimate_frechet_distance),
    ("frechet_distance_infinity",): _frechet_infinity,
    ("kernel_distance",): _single("kernel_distance", estimate_kernel_distance),
    ("cmmd",): _single("cmmd", partial(estimate_discrepancy, GAUSSIAN, scale=SCALE)),
    ("c2st_auroc",): _single("c2st_auroc", estimate_c2st),
    ("precision", "density", "recall", "coverage", "precision_k3", "recall_k3"): estimate_prdc,
    ("vendi_score", "vendi_score_q2", "vendi_score_qinf"): lambda own, real, settings: estimate_vendi(own, settings),
    ("feature_distance_within_prompt", "feature_distance_across_prompts", "seed_sensitivity"): _diversity,
    ("auroc",): _classifier,
}


def phantom_pair(number: int, features: FloatArray) -> tuple[Sample, Sample]:
    """Samples of whole prompts, without replacement, from phantoms' features; the reference is scaled and moved a little."""
    groups = np.arange(len(features)) // SEEDS
    chosen = np.random.default_rng([11, number]).permutation(groups.max() + 1)[: 2 * PROMPTS]
    rows = [np.flatnonzero(np.isin(groups, part)) for part in (chosen[:PROMPTS], chosen[PROMPTS:])]
    synthetic, reference = (Sample(features[r], tuple(f"g{g:04d}" for g in groups[r])) for r in rows)
    return synthetic, replace(reference, features=moved(reference.features, features))


def moved(rows: FloatArray, population: FloatArray) -> FloatArray:
    return rows * 1.05 + 0.02 * population.std(axis=0)


def phantoms(names: tuple[str, ...] | None, repeats: int, *, processes: int = 1) -> dict[str, Covered]:
    """The same on features of phantoms; the truth of the Fréchet distance is that of the whole population."""
    features = phantom_features()
    known = {"frechet_distance": frechet_distance(features, moved(features, features))}
    return run(lambda number: measured(phantom_pair(number, features), names, known, number), repeats, processes)


PROMPTS = 40
SEEDS = 4


def phantom_features(prompts: int = 1000) -> FloatArray:
    """(prompts * SEEDS, d) features of drawn phantoms, SEEDS with the same findings in a row."""
    kept = Path(tempfile.gettempdir()) / f"negatoscope-phantom-features-{prompts}.npy"
    if not kept.exists():
        from evaluation.features import gather, open_extractor
        from images.phantom import draw as draw_phantom
        from images.phantom import sample_spec

        specs = [sample_spec(np.random.default_rng(prompt)) for prompt in range(prompts)]
        pictures = (
            draw_phantom(spec, size=64, seed=SEEDS * prompt + k).pixels
            for prompt, spec in enumerate(specs)
            for k in range(SEEDS)
        )
        features = gather(open_extractor("random-densenet"), pictures).features.astype(np.float64)
        # The directions that hold the variance: so many images cannot estimate a distance in 64 dimensions.
        centred = features - features.mean(axis=0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        np.save(kept, centred @ axes[:16].T / centred.std())
    return np.asarray(np.load(kept))


def main() -> None:
    options = arguments(__doc__).parse_args()
    names = tuple(options.only) if options.only else None
    chosen = options.setting or [*(s.name for s in SCENARIOS), "phantoms"]
    for scenario in SCENARIOS:
        if scenario.name in chosen:
            title = f"{scenario.name}, d = {scenario.d}"
            show(title, coverage(scenario, names, options.repeats, processes=options.processes))
    if "phantoms" in chosen:
        title = f"phantoms, {PROMPTS} prompts of {SEEDS}"
        show(title, phantoms(names, options.repeats, processes=options.processes))


if __name__ == "__main__":
    main()
