"""How often the 95 % intervals of the clinical scores, of their differences from real images and of subgroup gaps hold the truth.

    python benchmarks/coverage_clinical.py [--repeats 1000] [--only auprc] [--setting calibration]

Prompts ask for an effusion (three sizes, two sides), say that there is none, or are silent; some ask for an enlarged heart, too. A
simulated classifier answers with noise of which a part is shared by the images of a prompt; women's images are a little harder.
How many prompts ask for a finding is fixed, since scores are stated at the set's share; size, side, sex, and whether a negative
prompt negates or is silent are drawn anew for every prompt, as the intervals take them.
The truth of every score is its value on one independent sample of 120,000 images of the same design; of the order of severities,
at each repeat's own mix of them, which that interval takes as given. Calibration is judged on the
raw outputs (a reference with too few labels), since a recalibration fitted anew in each repeat would move the target; and once more
alone, with logits that are off by a known slope and shift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import numpy as np
from scipy import special

from benchmarks.coverage_table import Found, Repeat, arguments, run, show
from evaluation.metrics import METRICS, MetricResult, Sample, measure
from evaluation.metrics.judging import Judged
from evaluation.metrics.reliability import BINS, PER_BIN, estimate_ece
from evaluation.metrics.result import Comparison, FloatArray, Settings
from evaluation.metrics.roc import auroc
from evaluation.metrics.severity import graded_images
from evaluation.metrics.subgroups import measure_subgroups

CLASSES = ("Effusion", "Cardiomegaly")
SIZES, SIDES = ("Small", "Moderate", "Large"), ("left", "right")
NAMES = ("auroc", "auprc", "balanced_accuracy", "accuracy", "sensitivity", "specificity", "exact_match",
         "negation_respected", "severity_order", "side_agreement")  # fmt: skip
CALIBRATION = ("ece", "brier")
BIG = 120_000


@dataclass(frozen=True)
class Scenario:
    """n synthetic images in prompts of per_group, m real ones in patients of two; share of positives; noise shared in a group.

    harder: by how much the finding is weaker in women's images.
    """

    name: str
    n: int
    m: int
    per_group: int
    share: float
    within: float
    harder: float = 0.3


SCENARIOS = (
    Scenario("independent", 400, 400, 1, 0.5, 0.0),
    Scenario("prompts of 4", 480, 480, 4, 0.5, 0.3),
    Scenario("small", 160, 160, 4, 0.5, 0.3),
    Scenario("one in six positive", 480, 480, 4, 1 / 6, 0.3),
)
# For the gap by sex alone.
GAPS = (
    Scenario("women no harder", 480, 480, 4, 0.5, 0.3, 0.0),
    Scenario("women far harder", 480, 480, 4, 0.5, 0.3, 0.6),
    Scenario("women far harder, small", 240, 240, 4, 0.5, 0.3, 0.6),
)


def draw(rng: np.random.Generator, n: int, per_group: int, share: float, signal: float, design: Scenario) -> Sample:
    """A set of this design; the larger the signal, the better the classifier."""
    codes, within = np.arange(n) // per_group, design.within
    groups = int(codes[-1]) + 1
    asked, heart = np.arange(groups) < share * groups, rng.permutation(groups) < 0.4 * groups
    size, side, silent = rng.integers(3, size=groups), rng.integers(2, size=groups), rng.integers(2, size=groups)
    woman = rng.random(groups) < 0.5

    def noise(*shape: int) -> np.ndarray:
        shared = rng.normal(size=(groups, *shape))[codes]
        return np.asarray(np.sqrt(within) * shared + np.sqrt(1 - within) * rng.normal(size=(n, *shape)))

    strength = signal * (1 - design.harder * woman) * (1 + 0.3 * (size - 1))
    logits = np.column_stack([2 * asked * strength - 1, 1.5 * signal * heart - 1])[codes] + 1.2 * noise(2)
    sided = noise(2, 2)
    sided[np.arange(n), (1 - side)[codes], 0] -= 0.8
    words = [f"{SIZES[s]} {SIDES[k]} pleural effusion." for s, k in zip(size, side, strict=True)]
    captions = [words[g] if asked[g] else ("No pleural effusion.", "Clear lungs.")[silent[g]] for g in codes]
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
    own = draw(rng, scenario.n, scenario.per_group, scenario.share, 1.0, scenario)
    real = draw(rng, scenario.m, min(scenario.per_group, 2), 0.6 * scenario.share, 1.3, scenario)
    return Comparison(own, real)


def found_in(comparison: Comparison, names: tuple[str, ...], seed: int) -> dict[str, Found]:
    """Each score, its difference from real images, its mean over findings and the gap by sex."""
    settings = Settings(seed=seed)
    found: dict[str, Found] = {}
    for result in measure(comparison.synthetic, comparison.reference, names=names, settings=settings):
        found |= _found(result, "mean " if not result.finding and result.metric not in _WHOLE else "")
    if calibration := [name for name in CALIBRATION if name in names]:
        unlabelled = replace(comparison.reference, findings=())
        for result in measure(comparison.synthetic, unlabelled, names=calibration, settings=settings):
            if result.finding == "Effusion":
                found |= _found(result, "raw ")
    if "auroc" in names:
        gaps = measure_subgroups(Comparison(comparison.synthetic, comparison.reference, settings), ["auroc"], ["sex"])
        for result in gaps:
            if result.subgroup == "sex: largest gap" and result.finding == "Effusion":
                found |= _found(result, "gap by sex of ")
    return found


_WHOLE = ("exact_match", "negation_respected", "severity_order", "side_agreement")


def _found(result: MetricResult, prefix: str) -> dict[str, Found]:
    if result.value is None or result.low is None or result.high is None:
        return {}
    if result.finding == "Cardiomegaly" or (result.finding and result.metric in (*_WHOLE, *CALIBRATION) and not prefix):
        return {}
    rows = {f"{prefix}{result.metric}": Found.of(result)}
    if (shift := result.extra.get("difference")) and not prefix:
        difference = Found(shift["value"], shift["low"], shift["high"], result.n, "MOVER")
        rows[f"difference of {result.metric}"] = difference
    return rows


def scores_repeat(scenario: Scenario, names: tuple[str, ...]) -> Repeat:
    """Of one scenario, against the values of one large sample of its design."""
    population = pair(np.random.default_rng(99), scenario, big=True)
    # The corrected error of calibration of a large sample is its plain one.
    truths = {name: one.value for name, one in found_in(population, names, 0).items()}
    ordered = [concordances(sample) for sample in (population.synthetic, population.reference)]

    def repeat(number: int) -> dict[str, Found]:
        comparison = pair(np.random.default_rng([1, number]), scenario)
        own, real = (
            at_its_grades(sample, known)
            for sample, known in zip((comparison.synthetic, comparison.reference), ordered, strict=True)
        )
        truth = {**truths, "severity_order": own, "difference of severity_order": own - real}
        found = found_in(comparison, names, number)
        return {name: replace(one, truth=truth[name]) for name, one in found.items() if name in truths}

    return repeat


Order = dict[tuple[float, float], float]


def concordances(sample: Sample) -> Order:
    """How often an image asked for the graver effusion gets the higher output, by pair of severities."""
    part = graded_images(sample)["Effusion"]
    by_grade = {float(grade): part.scores[part.grades == grade] for grade in np.unique(part.grades)}
    return {
        (low, high): auroc(
            np.append(by_grade[low], by_grade[high]), np.repeat([0, 1], [len(by_grade[low]), len(by_grade[high])])
        )
        for low, high in combinations(by_grade, 2)
    }


def at_its_grades(sample: Sample, known: Order) -> float:
    """The true order at the sample's own mix of severities, which its interval takes as given."""
    count = Counter(graded_images(sample)["Effusion"].grades.tolist())
    pairs = {(low, high): count[low] * count[high] for low, high in known}
    return sum(known[pair] * number for pair, number in pairs.items()) / sum(pairs.values())


@dataclass(frozen=True)
class Miscalibrated:
    """n images in prompts of per_group; a classifier whose logits are off by a slope and a shift, a wave, and a step at 0.3."""

    n: int
    per_group: int
    slope: float
    shift: float
    wave: float = 0.0
    step: float = 0.0

    @property
    def name(self) -> str:
        odd = f", wave {self.wave}" * (self.wave > 0) + f", step {self.step}" * (self.step > 0)
        return f"calibration, logits x {self.slope} + {self.shift}{odd}, n = {self.n}, {self.per_group} a prompt"

    def said(self, logits: FloatArray) -> FloatArray:
        """The probability that the classifier gives for one of these logits."""
        off = self.shift + self.wave * np.sin(3 * logits) + self.step * (logits > 0.3)
        return np.asarray(special.expit(self.slope * logits + off))


MISCALIBRATED = (
    Miscalibrated(400, 4, 0.4, 0.0), Miscalibrated(400, 4, 1.0, 0.5), Miscalibrated(400, 4, 1.0, 1.5),
    Miscalibrated(400, 4, 2.0, 0.0), Miscalibrated(100, 4, 0.4, 0.0), Miscalibrated(100, 4, 1.0, 1.0),
    Miscalibrated(200, 4, 0.7, -0.5), Miscalibrated(400, 1, 1.0, 0.3), Miscalibrated(400, 4, 1.0, 0.0),
    Miscalibrated(1000, 1, 1.2, 0.0), Miscalibrated(1000, 4, 1.0, 0.25), Miscalibrated(200, 10, 0.6, 0.0),
    Miscalibrated(400, 4, 1.0, 0.0, wave=0.9), Miscalibrated(400, 4, 1.0, 0.0, step=1.0),
)  # fmt: skip


def predicted(seed: int, case: Miscalibrated) -> Judged:
    """Probabilities that are right for slope 1 and shift 0; labels correlated within groups."""
    rng = np.random.default_rng(seed)
    codes = np.arange(case.n) // case.per_group
    logits = 1.5 * rng.normal(size=case.n) - 0.5
    within = 0.3 if case.per_group > 1 else 0.0
    effect = np.sqrt(within) * rng.normal(size=codes[-1] + 1)[codes] + np.sqrt(1 - within) * rng.normal(size=case.n)
    truth = (special.ndtr(effect) < special.expit(logits)).astype(np.intp)
    p = case.said(logits)
    blocks, thresholds = np.zeros_like(codes), np.full(case.n, 0.5)
    return Judged("Effusion", truth, p, codes, blocks, float(truth.mean()), thresholds, p)


def true_error(case: Miscalibrated) -> float:
    """The error of the population in as many bins as n images have."""
    bins = min(BINS, case.n // PER_BIN)
    logits = 1.5 * special.ndtri((np.arange(200_000) + 0.5) / 200_000) - 0.5
    said = case.said(logits)
    gap = (special.expit(logits) - said)[np.argsort(said)]
    return float(np.abs(gap.reshape(bins, -1).mean(axis=1)).mean())


def calibration_repeat(case: Miscalibrated) -> Repeat:
    """The calibration error of outputs that are off by as much as the case says."""
    truth = true_error(case)
    return lambda seed: {"ece": Found.of(estimate_ece(predicted(seed, case), Settings(seed=seed)), truth)}


def main() -> None:
    options = arguments(__doc__).parse_args()
    names = tuple(options.only or (*NAMES, *CALIBRATION))
    assert set(names) <= set(METRICS)
    settings: dict[str, Callable[[], Repeat]] = {s.name: partial(scores_repeat, s, names) for s in SCENARIOS}
    if "auroc" in names:
        settings |= {s.name: partial(scores_repeat, s, ("auroc",)) for s in GAPS}
    if "ece" in names:
        settings |= {case.name: partial(calibration_repeat, case) for case in MISCALIBRATED}
    for name, prepare in settings.items():
        if not options.setting or any(name.startswith(asked) for asked in options.setting):
            show(name, run(prepare(), options.repeats, options.processes))


if __name__ == "__main__":
    main()
