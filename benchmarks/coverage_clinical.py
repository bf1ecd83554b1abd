"""How often the 95 % intervals of the clinical scores, of their differences from real images and of subgroup gaps hold the truth.

    python benchmarks/coverage_clinical.py [--repeats 200] [--only auprc]

Prompts ask for an effusion (three sizes, two sides), say that there is none, or are silent; some ask for an enlarged heart, too. A
simulated classifier answers with noise of which a part is shared by the images of a prompt; women's images are a little harder.
The truth of every score is its value on one independent sample of 120,000 images of the same design. Calibration is judged on the
raw outputs (a reference with too few labels), since a recalibration fitted anew in each repeat would move the target.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from evaluation.metrics import METRICS, MetricResult, Sample, measure
from evaluation.metrics.result import Comparison, Settings
from evaluation.metrics.subgroups import measure_subgroups

CLASSES = ("Effusion", "Cardiomegaly")
SIZES, SIDES = ("Small", "Moderate", "Large"), ("left", "right")
NAMES = ("auroc", "auprc", "balanced_accuracy", "accuracy", "sensitivity", "specificity", "exact_match",
         "negation_respected", "severity_order", "side_agreement")  # fmt: skip
CALIBRATION = ("ece", "brier")
BIG = 120_000


@dataclass(frozen=True)
class Scenario:
    """n synthetic images in prompts of per_group, m real ones in patients of two; share of positives; noise shared in a group."""

    name: str
    n: int
    m: int
    per_group: int
    share: float
    within: float


SCENARIOS = (
    Scenario("independent", 400, 400, 1, 0.5, 0.0),
    Scenario("prompts of 4", 480, 480, 4, 0.5, 0.3),
    Scenario("small", 160, 160, 4, 0.5, 0.3),
    Scenario("one in six positive", 480, 480, 4, 1 / 6, 0.3),
)


def draw(rng: np.random.Generator, n: int, per_group: int, share: float, within: float, signal: float) -> Sample:
    """A set of this design; the larger the signal, the better the classifier."""
    codes = np.arange(n) // per_group
    groups = int(codes[-1]) + 1
    group = np.arange(groups)
    asked = group < share * groups
    size, side, heart, woman = group % 3, group // 3 % 2, group % 5 < 2, group // 6 % 2 == 1

    def noise(*shape: int) -> np.ndarray:
        shared = rng.normal(size=(groups, *shape))[codes]
        return np.asarray(np.sqrt(within) * shared + np.sqrt(1 - within) * rng.normal(size=(n, *shape)))

    strength = signal * (1 - 0.3 * woman) * (1 + 0.3 * (size - 1))
    logits = np.column_stack([2 * asked * strength - 1, 1.5 * signal * heart - 1])[codes] + 1.2 * noise(2)
    sided = noise(2, 2)
    sided[np.arange(n), (1 - side)[codes], 0] -= 0.8
    words = [f"{SIZES[s]} {SIDES[k]} pleural effusion." for s, k in zip(size, side, strict=True)]
    captions = [words[g] if asked[g] else ("No pleural effusion.", "Clear lungs.")[g % 2] for g in codes]
    findings = tuple(
        ("Effusion",) * int(asked[g]) + ("Cardiomegaly",) * int(heart[g]) or ("No Finding",) for g in codes
    )
    return Sample(
        np.zeros((n, 2)), tuple(f"g{g:06d}" for g in codes), findings, CLASSES, special.expit(logits), (0.5, 0.5),
        captions=tuple(captions), sexes=tuple("F" if woman[g] else "M" for g in codes), sided_probabilities=special.expit(sided),
    )  # fmt: skip


def pair(rng: np.random.Generator, scenario: Scenario, *, big: bool = False) -> Comparison:
    """Synthetic images on which the classifier does worse, and a reference with fewer positives."""
    if big:
        scenario = replace(scenario, n=BIG, m=BIG, per_group=1, within=0.0)
    own = draw(rng, scenario.n, scenario.per_group, scenario.share, scenario.within, 1.0)
    real = draw(rng, scenario.m, min(scenario.per_group, 2), 0.6 * scenario.share, scenario.within, 1.3)
    return Comparison(own, real)


Row = tuple[float, float, float]


def numbers(comparison: Comparison, names: tuple[str, ...], seed: int) -> dict[str, Row]:
    """(value, low, high) of each score, its difference from real images, its mean over findings and the gap by sex."""
    settings = Settings(seed=seed)
    found: dict[str, Row] = {}
    for result in measure(comparison.synthetic, comparison.reference, names=names, settings=settings):
        found |= _rows(result, "mean " if not result.finding and result.metric not in _WHOLE else "")
    if calibration := [name for name in CALIBRATION if name in names]:
        unlabelled = replace(comparison.reference, findings=())
        for result in measure(comparison.synthetic, unlabelled, names=calibration, settings=settings):
            if result.finding == "Effusion":
                found |= _rows(result, "raw ")
    if "auroc" in names:
        gaps = measure_subgroups(Comparison(comparison.synthetic, comparison.reference, settings), ["auroc"], ["sex"])
        for result in gaps:
            if result.subgroup == "sex: largest gap" and result.finding == "Effusion":
                found |= _rows(result, "gap by sex of ")
    return found


_WHOLE = ("exact_match", "negation_respected", "severity_order", "side_agreement")


def _rows(result: MetricResult, prefix: str) -> dict[str, Row]:
    if result.value is None or result.low is None or result.high is None:
        return {}
    if result.finding == "Cardiomegaly" or (result.finding and result.metric in (*_WHOLE, *CALIBRATION) and not prefix):
        return {}
    value = float(result.extra.get("plug_in", result.value))
    rows = {f"{prefix}{result.metric}": (value, result.low, result.high)}
    if (shift := result.extra.get("difference")) and not prefix:
        rows[f"difference of {result.metric}"] = (shift["value"], shift["low"], shift["high"])
    return rows


def coverage(scenario: Scenario, names: tuple[str, ...], repeats: int) -> dict[str, tuple[float, float, float]]:
    """By score: share of intervals that hold the truth, mean value, truth."""
    truth = numbers(pair(np.random.default_rng(99), scenario, big=True), names, 0)
    rows: dict[str, list[Row]] = defaultdict(list)
    for repeat in range(repeats):
        for name, row in numbers(pair(np.random.default_rng([1, repeat]), scenario), names, repeat).items():
            rows[name].append(row)
    report = {}
    for name, (target, _, _) in truth.items():
        if rows[name]:
            value, low, high = np.array(rows[name]).T
            report[name] = (float(np.mean((low <= target) & (target <= high))), float(value.mean()), target)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", action="append", choices=[*NAMES, *CALIBRATION], help="metric name, may be repeated")
    parser.add_argument("--scenario", action="append", choices=[s.name for s in SCENARIOS])
    options = parser.parse_args()
    names = tuple(options.only or (*NAMES, *CALIBRATION))
    assert set(names) <= set(METRICS)
    for scenario in SCENARIOS:
        if options.scenario and scenario.name not in options.scenario:
            continue
        print(f"\n{scenario.name}: n={scenario.n} m={scenario.m} per group={scenario.per_group}", flush=True)
        for name, (share, mean, target) in coverage(scenario, names, options.repeats).items():
            print(f"  {name:38s} covers {100 * share:5.1f} %   mean {mean:8.4f}   truth {target:8.4f}", flush=True)


if __name__ == "__main__":
    main()
