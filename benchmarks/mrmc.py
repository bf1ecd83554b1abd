"""Multi-reader analysis: the placement-value engine beside a naive one that visits every pair of cases.

    OMP_NUM_THREADS=1 python benchmarks/mrmc.py [--readers 10] [--cases 1000] [--repeats 3] [--big]

Both compute the same thing in the same run: AUCs of two arms, DeLong and jackknife covariances, the Obuchowski-Rockette
comparison with Hillis's df. The naive engine forms psi for all n0 n1 pairs and refits once per left-out case, as the
published packages do. Times of those packages, measured elsewhere on 2 cores, are printed beside the machine's own.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np

from reader_study.analysis.mrmc.arms import ArmComparison, compare_arms
from reader_study.analysis.mrmc.covariance import auc_covariance
from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.mrmc.placement import auc_components
from reader_study.analysis.types import Floats

# Seconds: MRMCaov 0.3.0 (R 4.2.2) and iMRMC 2.1.2 (Java), 2 arms, 5 levels; None: not measured.
ANCHORS: dict[tuple[int, int], tuple[float | None, float | None, float | None]] = {
    (10, 200): (0.61, 2.4, 5.3),
    (10, 1000): (1.64, 3.86, 18.2),
    (30, 1000): (8.1, 33.2, 139.2),
    (30, 5000): (77.5, None, None),
}


def ratings(readers: int, cases: int, seed: int = 1) -> Grid:
    """Two arms of 5-level ratings of half negative, half positive cases with shared case effects."""
    rng = np.random.default_rng(seed)
    half = cases // 2
    parts = []
    for truth, count in ((0, half), (1, cases - half)):
        latent = rng.normal(size=(2, readers, count)) + rng.normal(size=count) + 1.3 * truth
        parts.append(np.digitize(latent, (-1.2, 0.0, 1.0, 2.2)).astype(np.float64))
    names = tuple(f"R{index:02d}" for index in range(readers))
    return Grid(("1", "2"), names, parts[0], parts[1])


def fast(cells: Grid, method: str) -> ArmComparison:
    """The product's way."""
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, method)
    return compare_arms(cells.arms, components.estimates.reshape(cells.shape), covariance)


def naive(cells: Grid, method: str) -> ArmComparison:
    """All pairs of cases in every cell; the jackknife recomputes the area for every left-out case."""
    negatives, positives = cells.cells()
    psi = [np.heaviside(high[:, None] - low[None, :], 0.5) for high, low in zip(positives, negatives, strict=True)]
    areas = np.array([pairs.mean() for pairs in psi])
    covariance = _naive_delong(psi) if method == "delong" else _naive_jackknife(positives, negatives)
    return compare_arms(cells.arms, areas.reshape(cells.shape), covariance)


def _naive_delong(psi: list[Floats]) -> Floats:
    v10, v01 = np.array([pairs.mean(axis=1) for pairs in psi]), np.array([pairs.mean(axis=0) for pairs in psi])
    return np.asarray(np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1])


def _naive_jackknife(positives: Floats, negatives: Floats) -> Floats:
    left: list[list[float]] = []
    for high, low in zip(positives, negatives, strict=True):
        without = [_area(np.delete(high, index), low) for index in range(high.size)]
        without += [_area(high, np.delete(low, index)) for index in range(low.size)]
        left.append(without)
    n = len(left[0])
    return np.asarray((n - 1) * np.cov(np.array(left), ddof=0))


def _area(high: Floats, low: Floats) -> float:
    return float(np.heaviside(high[:, None] - low[None, :], 0.5).mean())


def best_of(repeats: int, run: Callable[[], ArmComparison]) -> tuple[float, ArmComparison]:
    """Shortest wall time of `repeats` runs, and the result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
    return min(times), result


def _gap(found: ArmComparison, expected: ArmComparison) -> float:
    """Largest relative difference of F and the four error covariances."""
    pairs = [(found.statistic, expected.statistic)]
    pairs += [(getattr(found.errors, name), getattr(expected.errors, name)) for name in ("var", "cov1", "cov2", "cov3")]
    return max(abs(one / other - 1) for one, other in pairs)


def compare(readers: int, cases: int, repeats: int, *, with_naive: bool = True) -> None:
    """Print one block of the table."""
    cells = ratings(readers, cases)
    anchors = ANCHORS.get((readers, cases), (None, None, None))
    for method, anchor in (("delong", anchors[0]), ("jackknife", anchors[1]), ("unbiased", None)):
        seconds, found = best_of(repeats, lambda method=method: fast(cells, method))  # type: ignore[misc]
        line = f"{readers:>3} x {cases:<5} {method:<10} {1e3 * seconds:9.2f} ms"
        if with_naive and method != "unbiased":
            slow, expected = best_of(1, lambda method=method: naive(cells, method))  # type: ignore[misc]
            line += f"   naive {1e3 * slow:10.1f} ms, {slow / seconds:7.0f} x slower, differs by {_gap(found, expected):.0e}"
        if anchor:
            line += f"   MRMCaov {anchor:g} s: {anchor / seconds:.0f} x"
        if method == "delong" and anchors[2]:
            line += f", iMRMC {anchors[2]:g} s: {anchors[2] / seconds:.0f} x"
        print(line, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--big", action="store_true", help="also 30 x 1,000 and 30 x 5,000, without the naive engine")
    options = parser.parse_args()
    compare(options.readers, options.cases, options.repeats)
    if options.big:
        for cases in (1000, 5000):
            compare(30, cases, options.repeats, with_naive=False)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
