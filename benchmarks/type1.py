"""How often each test claims a difference where there is none, at a nominal 5 %.

    OMP_NUM_THREADS=1 python benchmarks/type1.py [--replicates 500] [--seed 1]

Readers cannot discriminate: the latent confidence of reader j on case k is b_j + c_k + e_jk with reader bias b_j of SD
0.3, shared case effect c_k of SD 0, 1 or 2, noise e_jk of SD 1, and says nothing of the truth. Calls are confidence > 0.
The pooled binomial and the t test over readers stand beside the tests that the platform reports.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.mrmc.covariance import delong
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.mrmc.single_arm import Panel, single_arm
from reader_study.analysis.types import Floats

NULL, ALPHA = 0.5, 0.05
TESTS = ("BA RRRC", "AUC RRRC", "BA FRRC", "pooled binomial", "t over readers")


@dataclass(frozen=True)
class Scenario:
    """readers x cases (half of them synthetic) and the SD of what all readers see in a case."""

    readers: int
    cases: int
    case_sd: float


SCENARIOS = tuple(Scenario(readers, 100, sd) for readers in (5, 10) for sd in (0.0, 1.0, 2.0))


def rejections(scenario: Scenario, rng: np.random.Generator) -> list[bool]:
    """Whether each of TESTS rejects in one simulated study."""
    readers, half = scenario.readers, scenario.cases // 2
    latent = rng.normal(0, 0.3, (readers, 1)) + rng.normal(0, 1, (readers, scenario.cases))
    latent += rng.normal(0, 1, scenario.cases) * scenario.case_sd
    calls = (latent > 0).astype(np.float64)
    random = [_p(values, half, "RRRC") for values in (calls, latent)]
    correct = int(calls[:, half:].sum() + (1 - calls[:, :half]).sum())
    accuracy = (calls[:, half:].mean(axis=1) + 1 - calls[:, :half].mean(axis=1)) / 2
    pooled = stats.binomtest(correct, calls.size).pvalue
    with warnings.catch_warnings():
        # Readers may agree to the last digit; scipy then warns that its t test is unreliable, which is the point here.
        warnings.simplefilter("ignore", RuntimeWarning)
        over_readers = stats.ttest_1samp(accuracy, NULL).pvalue
    return [p < ALPHA for p in (*random, _p(calls, half, "FRRC"), float(pooled), float(over_readers))]


def _p(values: Floats, half: int, inference: str) -> float:
    cells = Grid(("",), tuple(map(str, range(len(values)))), values[None, :, :half], values[None, :, half:])
    components = auc_components(cells)
    panel = Panel("AUC", components.estimates, delong(components), "delong", half, cells.n_synthetic, cells.n_reads)
    found = single_arm(panel, null=NULL, alpha=ALPHA, inference=inference)
    return 1.0 if found.p_value is None else found.p_value


def rates(scenario: Scenario, replicates: int, seed: int) -> Floats:
    """Share of `replicates` simulated studies in which each of TESTS rejects."""
    rng = np.random.default_rng((seed, scenario.readers, scenario.cases, int(10 * scenario.case_sd)))
    return np.mean([rejections(scenario, rng) for _ in range(replicates)], axis=0)


def main() -> None:
    """Print the table with the Monte Carlo error of a true 5 %."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("readers x cases   case SD   " + "   ".join(f"{name:>15}" for name in TESTS))
    for scenario in SCENARIOS:
        found = rates(scenario, options.replicates, options.seed)
        cells = "   ".join(f"{100 * rate:13.1f} %" for rate in found)
        print(f"{scenario.readers:>7} x {scenario.cases:<5}   {scenario.case_sd:>7.0f}   {cells}", flush=True)
    error = 100 * np.sqrt(ALPHA * (1 - ALPHA) / options.replicates)
    print(f"Nominal 5 %; Monte Carlo error of one entry at 5 %: {error:.1f} points.")


if __name__ == "__main__":
    main()
