"""Two checkpoints on the same prompts: does the interval hold the true difference, and how often is p below 0.05 where there is none?

    python benchmarks/coverage_compare.py [--repeats 200]

Gaussian features with a part that belongs to the prompt, and so to both checkpoints, and a part of the image's own; a binormal
classifier. Truths: closed form for the Fréchet distance and AUROC, the mean over repeats for the kernel distance (unbiased).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from evaluation.metrics import Sample
from evaluation.metrics.compare import DEFAULT, compare_paired
from evaluation.metrics.result import Settings

D = 16
SPECTRUM = np.arange(1, D + 1) ** -0.8


@dataclass(frozen=True)
class Scenario:
    """Prompts of per_group images; the part of the variance that a prompt fixes; shift and area of a, and of b."""

    name: str
    prompts: int
    per_group: int
    within: float
    shifts: tuple[float, float]
    areas: tuple[float, float]


SCENARIOS = (
    Scenario("no difference, prompts of 4", 60, 4, 0.3, (0.3, 0.3), (0.85, 0.85)),
    Scenario("no difference, one image a prompt", 240, 1, 0.3, (0.3, 0.3), (0.85, 0.85)),
    Scenario("a difference, prompts of 4", 60, 4, 0.3, (0.2, 0.4), (0.85, 0.75)),
)


def checkpoint(rng: np.random.Generator, scenario: Scenario, which: int, effects: np.ndarray) -> Sample:
    """One checkpoint's images; ``effects`` (prompts, D + 1) are what the prompts fix."""
    code = np.repeat(np.arange(scenario.prompts), scenario.per_group)
    rows = np.sqrt(scenario.within) * effects[code] + np.sqrt(1 - scenario.within) * rng.normal(size=(len(code), D + 1))
    truth = code % 2
    score = truth * np.sqrt(2) * stats.norm.ppf(scenario.areas[which]) + rows[:, D]
    return Sample(
        (rows[:, :D] + scenario.shifts[which]) * np.sqrt(SPECTRUM),
        tuple(f"p{c:04d}" for c in code),
        tuple(("Effusion",) if t else ("No Finding",) for t in truth),
        ("Effusion",),
        special.expit(score)[:, None],
        (0.5,),
    )


def real(rng: np.random.Generator, n: int) -> Sample:
    """The reference: patients of two images."""
    code = np.arange(n) // 2
    rows = np.sqrt(0.3) * rng.normal(size=(n // 2, D))[code] + np.sqrt(0.7) * rng.normal(size=(n, D))
    return Sample(rows * np.sqrt(SPECTRUM), tuple(f"r{c:04d}" for c in code))


def truths(scenario: Scenario) -> dict[str, float]:
    """Of a less that of b, where there is a closed form."""
    gap = [np.square(shift) * SPECTRUM.sum() for shift in scenario.shifts]
    same = {"kernel_distance": 0.0} if scenario.shifts[0] == scenario.shifts[1] else {}
    areas = scenario.areas
    return {"frechet_distance": float(gap[0] - gap[1]), "auroc": areas[0] - areas[1], **same}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    for scenario in SCENARIOS:
        known = truths(scenario)
        found: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
        wrong = 0
        for repeat in range(repeats):
            rng = np.random.default_rng([9, repeat])
            effects = rng.normal(size=(scenario.prompts, D + 1))
            a, b = (checkpoint(rng, scenario, which, effects) for which in (0, 1))
            rows = compare_paired(a, b, real(rng, 300), DEFAULT, settings=Settings(seed=repeat))
            for row in rows:
                assert row.value is not None and row.low is not None and row.high is not None and row.p is not None
                found[row.metric].append((row.value, row.low, row.high, row.p))
            wrong += any(row.verdict != "cannot tell" for row in rows)
        print(f"\n{scenario.name}: any verdict after Holm in {100 * wrong / repeats:.1f} %")
        for name, lines in found.items():
            value, low, high, p = np.array(lines).T
            truth = known.get(name, float(value.mean()))
            share = 100 * np.mean((low <= truth) & (truth <= high))
            print(
                f"  {name:18s} covers {share:5.1f} %   p < 0.05 in {100 * np.mean(p < 0.05):5.1f} %   "
                f"mean {value.mean():9.5f}   truth {truth:9.5f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
