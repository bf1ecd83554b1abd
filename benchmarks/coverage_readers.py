"""Coverage of the intervals for agreement, findings and pairs, by simulation.

    python benchmarks/coverage_readers.py --replicates 2000

Agreement speaks of other cases read by the same readers: readers are drawn once, cases anew in every replicate, and the
truth is the coefficient of a million cases. Findings and pairs speak of other readers too: both are drawn anew.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import stats

from reader_study.analysis import RatingTable
from reader_study.analysis.agreement.coefficients import conger_kappa, fleiss_kappa, gwet_ac, percent_agreement
from reader_study.analysis.agreement.cohen import cohen_kappa
from reader_study.analysis.agreement.icc import icc
from reader_study.analysis.agreement.krippendorff import krippendorff_alpha
from reader_study.analysis.agreement.weights import ordinal_weights, quadratic_weights
from reader_study.analysis.findings.rates import rate_difference, rates
from reader_study.analysis.pairs import PairTable, analyse_pairs
from reader_study.analysis.types import Estimate, Floats, Interval

LEVELS = tuple(map(float, range(1, 7)))
CALLS = (0.0, 1.0)
Draw = Callable[[np.random.Generator], Floats]
Found = dict[str, tuple[float, Interval | None]]


def latent(rng: np.random.Generator, readers: int, cases: int, case_sd: float) -> Floats:
    """Confidences (readers, cases) whose thresholds differ between readers in a fixed way."""
    shift = 0.4 * stats.norm.ppf((np.arange(readers) + 0.5) / readers)[:, None]
    return np.asarray(shift + case_sd * rng.normal(size=cases) + rng.normal(size=(readers, cases)))


def rated(confidence: Floats) -> Floats:
    """Six levels."""
    return np.clip(np.round(3.5 + 1.1 * confidence), 1, 6)


def agreement(ratings: Floats, replicates: int) -> dict[str, Estimate]:
    """Every coefficient, of ratings and of the calls that follow from them."""
    calls = (ratings > 3.5).astype(float)

    def alpha(values: Floats, level: str) -> Estimate:
        return krippendorff_alpha(values, level=level, replicates=replicates)

    return {
        "percent agreement": percent_agreement(calls, CALLS),
        "Fleiss kappa": fleiss_kappa(calls, CALLS),
        "Conger kappa": conger_kappa(calls, CALLS),
        "AC1": gwet_ac(calls, CALLS),
        "AC2, ordinal": gwet_ac(ratings, LEVELS, weights=ordinal_weights(LEVELS)),
        "AC2, quadratic": gwet_ac(ratings, LEVELS, weights=quadratic_weights(LEVELS)),
        "alpha, nominal": alpha(calls, "nominal"),
        "alpha, ordinal": alpha(ratings, "ordinal"),
        "alpha, interval": alpha(ratings, "interval"),
        "Cohen kappa": cohen_kappa(calls[0], calls[1], CALLS),
        "Cohen kappa, quadratic": cohen_kappa(ratings[0], ratings[1], LEVELS, weights="quadratic"),
        "ICC(3,1)": icc(ratings, "3,1"),
    }


def agreement_coverage(readers: int, cases: int, case_sd: float, replicates: int) -> dict[str, float]:
    """Share of replicates whose interval holds the coefficient of very many cases."""
    rng = np.random.default_rng(7)
    truth = agreement(rated(latent(rng, readers, 300_000, case_sd)), 0)
    samples = (agreement(rated(latent(rng, readers, cases, case_sd)), 1_000) for _ in range(replicates))
    return share_held({name: found.value or 0.0 for name, found in truth.items()}, samples)


def share_held(truth: dict[str, float], samples: Iterator[dict[str, Estimate]]) -> dict[str, float]:
    """How often each interval holds the truth; samples without an interval count as misses."""
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for sample in samples:
        for name, value in truth.items():
            interval = sample[name].interval
            held[name].append(interval is not None and not interval.excludes(value))
    return {name: float(np.mean(hits)) for name, hits in held.items()}


def findings(rng: np.random.Generator, readers: int, cases: int, case_sd: float) -> dict[str, Estimate]:
    """Shares right on real and on synthetic images (80 and 70 % on average), and their difference."""
    truth = np.arange(cases) % 2
    scale = math.sqrt(1 + case_sd**2 + 0.3**2)
    cut = scale * stats.norm.ppf(np.array([0.8, 0.7]))[truth]
    own = 0.3 * rng.normal(size=(readers, 1)) + case_sd * rng.normal(size=cases) + rng.normal(size=(readers, cases))
    right = (own < cut).astype(float)
    reader, case = np.indices(right.shape).reshape(2, -1)
    table = RatingTable.build(
        reader=[f"R{index}" for index in reader],
        case=[f"C{index}" for index in case],
        truth=truth[case].tolist(),
        extra={"right": right.ravel()},
    )
    found, difference = rates(table, "right", by="truth"), rate_difference(table, "right", "difference")
    gap = Estimate(difference.estimate, difference.interval, difference.method, difference.n_reads)
    return {"finding right, real": found["0"], "finding right, difference": gap}


def pairs(rng: np.random.Generator, readers: int, cases: int, case_sd: float) -> dict[str, Estimate]:
    """Accuracy and the log-odds of one generator against real pictures, of probit readers who differ."""
    left = rng.random(cases) < 0.5
    own = 0.3 * rng.normal(size=(readers, 1)) + case_sd * rng.normal(size=cases) + rng.normal(size=(readers, cases))
    right = own < math.sqrt(1 + case_sd**2 + 0.3**2) * stats.norm.ppf(0.65)
    reader, pair = np.indices(right.shape).reshape(2, -1)
    chosen = (right == left).ravel().astype(float)
    table = PairTable.build(
        reader=[f"R{index}" for index in reader],
        pair=[f"P{index}" for index in pair],
        left=np.where(left, "real", "made")[pair].tolist(),
        right=np.where(left, "made", "real")[pair].tolist(),
        chosen=chosen,
    )
    found = analyse_pairs(table, asked="real")
    accuracy = found.forced_choice.accuracy
    assert accuracy is not None
    made = next(ability for ability in found.ranking.abilities if ability.label == "made")
    return {
        "two-alternative accuracy": Estimate(accuracy.estimate, accuracy.interval, accuracy.method, accuracy.n_reads),
        "Bradley-Terry, chance of beating real": made.beats_reference,
    }


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2000)
    replicates = parser.parse_args().replicates
    designs = [(5, 100, 1.0), (10, 100, 1.0), (5, 50, 0.5)]
    rows: dict[str, list[float]] = {}
    for readers, cases, case_sd in designs:
        found = agreement_coverage(readers, cases, case_sd, replicates)
        rng = np.random.default_rng(11)
        for function, truth in (
            (findings, {"finding right, real": 0.8, "finding right, difference": -0.1}),
            (pairs, {"two-alternative accuracy": 0.65, "Bradley-Terry, chance of beating real": 0.35}),
        ):
            samples = (function(rng, readers, cases, case_sd) for _ in range(replicates))
            found |= share_held(truth, samples)
        for name, share in found.items():
            rows.setdefault(name, []).append(share)
    print("| interval | " + " | ".join(f"{r} x {c}, case SD {sd:g}" for r, c, sd in designs) + " |")
    print("|---" * (len(designs) + 1) + "|")
    for name, shares in rows.items():
        print(f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |")


if __name__ == "__main__":
    main()
