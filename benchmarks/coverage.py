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

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import linalg, stats

from evaluation.metrics import METRICS, Sample, measure
from evaluation.metrics.frechet import IMAGES_PER_DIMENSION
from evaluation.metrics.result import FloatArray, Settings

FINDING = "Effusion"
PER_FINDING = ("auroc", "balanced_accuracy", "sensitivity", "specificity")
FEATURES_AND_CLASSIFIER = (*(m.name for m in METRICS.values() if m.needs == {"features"}), *PER_FINDING)


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


SCENARIOS = (
    Scenario("independent", 500, 500, 64, 1, 0.3, 0.0),
    Scenario("prompts of 4", 480, 480, 64, 4, 0.3, 0.3),
    Scenario("small", 120, 160, 16, 4, 0.3, 0.3),
    Scenario("more features than images", 200, 200, 256, 4, 0.3, 0.3),
    Scenario("same distribution", 480, 480, 64, 4, 0.0, 0.3),
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
    probabilities, findings = classify(rng, groups, scenario.within)
    return Sample(features, groups, findings, (FINDING,), probabilities, (0.5,))


def truths(scenario: Scenario) -> dict[str, float]:
    """Targets in closed form; the others are taken as the mean over repeats."""
    half = stats.norm.cdf(np.sqrt(2) * stats.norm.ppf(AREA) / 2)
    known = {name: float(half) for name in ("sensitivity", "specificity", "balanced_accuracy")}
    known["auroc"] = AREA
    known["seed_sensitivity"] = 1 - scenario.within
    if min(scenario.n, scenario.m // 2) >= IMAGES_PER_DIMENSION * scenario.d:
        known["frechet_distance"] = true_frechet_distance(scenario)
    return known


def coverage(
    scenario: Scenario, names: tuple[str, ...] | None, repeats: int, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """By metric: share of intervals that hold the target, mean value, target."""
    rngs = (np.random.default_rng([seed, repeat]) for repeat in range(repeats))
    pairs = ((sample(rng, scenario, synthetic=True), sample(rng, scenario, synthetic=False)) for rng in rngs)
    return share_covered(pairs, names, truths(scenario))


def share_covered(
    pairs: Iterable[tuple[Sample, Sample]], names: tuple[str, ...] | None, known: dict[str, float]
) -> dict[str, tuple[float, float, float]]:
    """By metric, over all pairs: share of intervals that hold the target, mean value, target (mean value where not known)."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for repeat, pair in enumerate(pairs):
        for result in measure(*pair, names=names, settings=Settings(seed=repeat)):
            if result.value is not None and bool(result.finding) == (result.metric in PER_FINDING):
                assert result.low is not None and result.high is not None
                found[result.metric].append((result.value, result.low, result.high))
    report = {}
    for name, rows in found.items():
        value, low, high = np.array(rows).T
        target = known.get(name, float(value.mean()))
        report[name] = (float(np.mean((low <= target) & (target <= high))), float(value.mean()), target)
    return report


def phantom_pairs(repeats: int, n_prompts: int = 40) -> Iterator[tuple[Sample, Sample]]:
    """Samples of whole prompts, without replacement, from phantoms' features; the reference has a little noise added.

    The population is drawn once (a minute or two) and kept in the folder for temporary files.
    """
    features = phantom_features()
    groups = np.arange(len(features)) // SEEDS
    for repeat in range(repeats):
        rng = np.random.default_rng([11, repeat])
        chosen = rng.permutation(groups.max() + 1)[: 2 * n_prompts]
        rows = [np.flatnonzero(np.isin(groups, part)) for part in (chosen[:n_prompts], chosen[n_prompts:])]
        synthetic, reference = (Sample(features[r], tuple(f"g{g:04d}" for g in groups[r])) for r in rows)
        blurred = reference.features * 1.05 + 0.02 * features.std(axis=0)
        yield synthetic, replace(reference, features=blurred)


SEEDS = 4


def phantom_features(prompts: int = 300) -> FloatArray:
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


def show(title: str, rows: dict[str, tuple[float, float, float]]) -> None:
    """A block of lines, one a metric."""
    print(f"\n{title}")
    for name, (share, mean, target) in rows.items():
        print(f"  {name:32s} covers {100 * share:5.1f} %   mean {mean:9.5f}   target {target:9.5f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", action="append", help="metric name, may be repeated")
    parser.add_argument("--scenario", action="append", help="scenario by name, may be repeated")
    parser.add_argument("--phantoms", action="store_true", help="phantoms' features instead of Gaussians")
    options = parser.parse_args()
    names = tuple(options.only) if options.only else FEATURES_AND_CLASSIFIER
    if options.phantoms:
        show("phantoms: 40 prompts of 4 a side", share_covered(phantom_pairs(options.repeats), names, {}))
        return
    for scenario in SCENARIOS:
        if options.scenario and scenario.name not in options.scenario:
            continue
        title = f"{scenario.name}: n={scenario.n} m={scenario.m} d={scenario.d} per group={scenario.per_group}"
        show(title, coverage(scenario, names, options.repeats))


if __name__ == "__main__":
    main()
