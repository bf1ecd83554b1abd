"""How often each headline test says yes when the truth is no, beside the pooled binomial.

    OMP_NUM_THREADS=1 python benchmarks/type1.py [--replicates 4000] [--seed 1] [--only 5x100x1] [--group sensitivity]

Latent confidence of reader j on case k: b_j + c_k + d_j [k synthetic] + e_jk, with reader bias b_j of SD 0.3, shared case
effect c_k of SD 0, 1 or 2, noise e_jk of SD 1; calls are confidence above the middle. For the tests against chance d = 0;
for comparisons readers differ in skill (SD 0.3, and 0.2 more between arms) about a mean that makes the null exactly true.
Half of the cases are synthetic. Each study is simulated anew for every group of tests. Every entry is nominally 5 %; the
equivalence test and non-inferiority are simulated at the edge of their margin.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.findings.rates import rate_difference
from reader_study.analysis.mrmc.arms import ArmComparison, compare_arms
from reader_study.analysis.mrmc.covariance import auc_covariance, delong, jackknife
from reader_study.analysis.mrmc.equivalence import tost
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.noninferiority import noninferiority
from reader_study.analysis.mrmc.placement import Components, auc_components
from reader_study.analysis.mrmc.single_arm import Panel, SingleArm, single_arm
from reader_study.analysis.mrmc.ustat import auc_ustat_of
from reader_study.analysis.mrmc.ustat_tests import ustat_difference, ustat_single
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Floats

NULL, ALPHA, MARGIN = 0.5, 0.05, 0.1
BIAS_SD, SKILL_SD, ARM_SD = 0.3, 0.3, 0.2
# Share of reads that are right about a finding in real images.
RIGHT = 0.8


@dataclass(frozen=True)
class Scenario:
    """readers x cases (half of them synthetic) and the SD of what all readers see in a case."""

    readers: int
    cases: int
    case_sd: float

    @property
    def truth(self) -> Floats:
        return np.repeat([0.0, 1.0], self.cases // 2)

    @property
    def spread(self) -> float:
        """SD of one confidence about its class and reader."""
        return math.hypot(1.0, self.case_sd)


SCENARIOS = tuple(Scenario(readers, 100, sd) for readers in (5, 10) for sd in (0.0, 1.0, 2.0))


def latent(scenario: Scenario, rng: np.random.Generator, skill: Floats, shared: Floats | None = None) -> Floats:
    """(readers, cases) confidences with reader skills (readers,) and, where given, the cases' shared effects."""
    bias = rng.normal(0, BIAS_SD, (scenario.readers, 1))
    cases = rng.normal(0, 1, scenario.cases) * scenario.case_sd if shared is None else shared
    noise = rng.normal(0, 1, (scenario.readers, scenario.cases))
    return np.asarray(bias + cases + noise + skill[:, None] * (scenario.truth - 0.5))


def cells_of(*arms: Floats) -> Grid:
    """Arms of (readers, cases), real cases first; NaN = not read."""
    values, half = np.stack(arms), arms[0].shape[1] // 2
    readers = tuple(f"R{index:02d}" for index in range(len(arms[0])))
    return Grid(tuple("AB"[: len(arms)]), readers, values[:, :, :half], values[:, :, half:])


def against_chance(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """Readers who cannot tell: every test against one half, and the two wrong ones."""
    values = latent(scenario, rng, np.zeros(scenario.readers))
    calls = (values > 0).astype(np.float64)
    unread = rng.random(values.shape) < 0.1
    found = {}
    for name, part in (("BA", calls), ("AUC", values)):
        found[f"{name}, or_rrrc"] = _yes(_single(cells_of(part)).p_value)
        found[f"{name}, ustat_rrrc"] = _yes(ustat_single(auc_ustat_of(cells_of(part)), name).p_value)
        some = auc_ustat_of(cells_of(np.where(unread, np.nan, part)))
        found[f"{name}, ustat_rrrc, 10 % missing"] = _yes(ustat_single(some, name).p_value)
    found["sensitivity, or_rrrc"] = _yes(_sensitivity(calls[:, scenario.cases // 2 :]).p_value)
    right = calls == scenario.truth
    found["pooled binomial"] = _yes(float(stats.binomtest(int(right.sum()), right.size).pvalue))
    with warnings.catch_warnings():
        # Readers may agree to the last digit; scipy then warns that its t test is unreliable, which is the point here.
        warnings.simplefilter("ignore", RuntimeWarning)
        found["t test over readers"] = _yes(float(stats.ttest_1samp(right.mean(axis=1), NULL).pvalue))
    return found


def _single(cells: Grid) -> SingleArm:
    components = auc_components(cells)
    sizes = cells.n_real, cells.n_synthetic, cells.n_reads
    return single_arm(Panel("", components.estimates, delong(components), "delong", *sizes), alpha=ALPHA)


def _sensitivity(calls: Floats) -> SingleArm:
    components = Components(calls.mean(axis=1), calls, calls[:, :0])
    return single_arm(Panel("", components.estimates, jackknife(components), "jackknife", 0, *calls.shape), alpha=ALPHA)


def _yes(p_value: float | None) -> bool:
    return p_value is not None and p_value < ALPHA


def equivalence(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """Balanced accuracy exactly at the margin: how often TOST finds equivalence."""
    shift = 2 * float(stats.norm.ppf(NULL + MARGIN)) * math.hypot(scenario.spread, BIAS_SD)
    calls = latent(scenario, rng, np.full(scenario.readers, shift)) > 0
    found = tost(_single(cells_of(calls.astype(np.float64))), margin=MARGIN, alpha=ALPHA)
    return {"BA at the margin, tost_mrmc": found.shown}


def arms(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """Two arms of the same cases: equal areas, and areas apart by exactly the margin of non-inferiority."""
    spread = math.sqrt(2 * scenario.spread**2 + SKILL_SD**2 + ARM_SD**2)
    common = rng.normal(0, SKILL_SD, scenario.readers)
    cases = rng.normal(0, 1, scenario.cases) * scenario.case_sd

    def arm(area: float) -> Floats:
        own = rng.normal(0, ARM_SD, scenario.readers)
        return latent(scenario, rng, spread * float(stats.norm.ppf(area)) + common + own, cases)

    equal, lower = cells_of(arm(0.75), arm(0.75)), cells_of(arm(0.70), arm(0.75))
    gap = _compare(lower, "delong").differences[0]
    tested = noninferiority(gap.estimate, gap.standard_error, gap.df, margin=0.05, alpha=ALPHA)
    return {
        "two arms, AUC, or_rrrc": _yes(_compare(equal, "delong").p_value),
        "two arms, AUC, ustat_rrrc": _by_ustat(equal),
        "two arms at the margin, noninferiority_mrmc": tested.shown,
    }


def _compare(cells: Grid, covariance: str) -> ArmComparison:
    components = auc_components(cells)
    matrix = auc_covariance(cells, components, covariance)
    return compare_arms(cells.arms, components.estimates.reshape(cells.shape), matrix, alpha=ALPHA)


def _by_ustat(cells: Grid) -> bool:
    return _yes(ustat_difference(auc_ustat_of(cells), "A", "B", "AUC", alpha=ALPHA).p_value)


def generators(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """Two generators equally easy to tell, beside the same real cases; readers differ in skill with each."""
    quarter = scenario.cases // 4
    values = latent(scenario, rng, 1.0 + rng.normal(0, SKILL_SD, scenario.readers))
    own = []
    for start in (2 * quarter, 3 * quarter):
        arm = np.full_like(values, np.nan)
        arm[:, : 2 * quarter] = values[:, : 2 * quarter]
        skill = rng.normal(0, ARM_SD, (scenario.readers, 1))
        arm[:, start : start + quarter] = values[:, start : start + quarter] + skill
        own.append(arm)
    cells = cells_of(*own)
    return {
        "generators, AUC, or_rrrc unbiased": _yes(_compare(cells, "unbiased").p_value),
        "generators, AUC, or_rrrc jackknife": _yes(_compare(cells, "jackknife").p_value),
        "generators, AUC, ustat_rrrc": _by_ustat(cells),
    }


Group = Callable[[Scenario, np.random.Generator], dict[str, bool]]
GROUPS: tuple[Group, ...] = (against_chance, equivalence, arms, generators)


def sensitivity(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """The test of sensitivity alone, for many replicates."""
    calls = latent(scenario, rng, np.zeros(scenario.readers)) > 0
    tested = _sensitivity(calls[:, scenario.cases // 2 :].astype(np.float64))
    return {"sensitivity, or_rrrc": _yes(tested.p_value)}


def findings(scenario: Scenario, rng: np.random.Generator) -> dict[str, bool]:
    """A finding seen as often in both classes; readers right less often about synthetic images by exactly the margin."""
    j, n, half = scenario.readers, scenario.cases, scenario.cases // 2
    skill = rng.normal(0, SKILL_SD, (j, 1))
    confidence = skill + scenario.case_sd * rng.normal(size=n) + rng.normal(size=(j, n))
    spread = math.hypot(scenario.spread, SKILL_SD)
    shares = np.repeat([RIGHT, RIGHT - MARGIN], half)
    columns = {
        "seen:F": confidence < spread * stats.norm.ppf(0.3),
        "correct:F": confidence < spread * stats.norm.ppf(shares),
    }
    table = RatingTable.build(
        reader=np.repeat(np.arange(j), n).astype(str).tolist(),
        case=np.tile(np.arange(n), j).astype(str).tolist(),
        truth=np.tile(scenario.truth.astype(int), j).tolist(),
        extra={name: values.astype(float).reshape(-1) for name, values in columns.items()},
    )
    seen = rate_difference(table, "seen:F", "seen")
    right = rate_difference(table, "correct:F", "right")
    test = None
    if right.standard_error is not None:
        test = noninferiority(right.estimate, right.standard_error, right.df, margin=MARGIN, alpha=ALPHA)
    return {
        "finding seen, ustat_rrrc": _yes(seen.p_value),
        "finding right at the margin, noninferiority_mrmc": test is not None and test.p_value < ALPHA,
    }


def rates(scenario: Scenario, replicates: int, seed: int, groups: tuple[Group, ...] = GROUPS) -> dict[str, float]:
    """Share of `replicates` simulated studies in which each test says yes."""
    rng = np.random.default_rng((seed, scenario.readers, scenario.cases, int(10 * scenario.case_sd)))
    totals: dict[str, int] = {}
    for _ in range(replicates):
        for group in groups:
            for name, yes in group(scenario, rng).items():
                totals[name] = totals.get(name, 0) + int(yes)
    return {name: total / replicates for name, total in totals.items()}


NAMED: dict[str, tuple[Group, ...]] = {group.__name__: (group,) for group in (*GROUPS, sensitivity, findings)}


def main() -> None:
    """Print the table, one row a test, with the Monte Carlo error of a true 5 %."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--group", choices=sorted(NAMED), help="one group of tests")
    parser.add_argument("--only", default="", help="one scenario, such as 5x100x1")
    options = parser.parse_args()
    chosen = [s for s in SCENARIOS if options.only in ("", f"{s.readers}x{s.cases}x{s.case_sd:.0f}")]
    found = []
    for scenario in chosen:
        found.append(rates(scenario, options.replicates, options.seed, NAMED.get(options.group, GROUPS)))
        print(f"{scenario.readers} x {scenario.cases}, case SD {scenario.case_sd:.0f}: done", flush=True)
    heads = " | ".join(f"{s.readers} x {s.cases}, SD {s.case_sd:.0f}" for s in chosen)
    print(f"| test | {heads} |\n|---|{'---|' * len(chosen)}")
    for name in found[0]:
        print(f"| {name} | " + " | ".join(f"{100 * column[name]:.1f} %" for column in found) + " |")
    error = 100 * np.sqrt(ALPHA * (1 - ALPHA) / options.replicates)
    print(f"Nominal 5 %; Monte Carlo error of one entry at 5 %: {error:.2f} points.")


if __name__ == "__main__":
    main()
