"""Multi-reader analysis: the placement-value engine beside a naive one that visits every pair of cases.

    OMP_NUM_THREADS=1 python benchmarks/mrmc.py [--repeats 3] [--only 10x1000]

Both compute the same thing in the same run: AUCs of two arms with DeLong, jackknife or unbiased covariances and the
Obuchowski-Rockette comparison, or the U-statistic with its error and df. The naive engine forms psi for all n0 n1 pairs and
refits once per left-out case, as the published packages do. Times of MRMCaov 0.3.0 (iMRMC 2.1.2 for the U-statistic),
measured on another machine of 2 cores, stand beside it.
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
from reader_study.analysis.mrmc.ustat import auc_ustat_of
from reader_study.analysis.mrmc.ustat_tests import ustat_difference
from reader_study.analysis.types import Floats

Size = tuple[int, int]
Result = tuple[float, ...]
METHODS = ("delong", "jackknife", "unbiased", "ustat")

# Wall seconds of MRMCaov 0.3.0 by covariance, and of iMRMC 2.1.2 (R) for the U-statistic: 2 arms, 5 levels, 2 cores.
ANCHORS: dict[Size, dict[str, float]] = {
    (10, 200): {"delong": 0.61, "jackknife": 2.4, "unbiased": 0.35, "ustat": 5.3},
    (10, 1000): {"delong": 1.64, "jackknife": 3.86, "unbiased": 1.55, "ustat": 18.2},
    (30, 1000): {"delong": 8.1, "jackknife": 33.2, "unbiased": 9.9, "ustat": 139.2},
    (10, 5000): {"delong": 53.1, "jackknife": 28.0, "unbiased": 36.5},
    (30, 5000): {"delong": 77.5, "unbiased": 80.3},
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


def fast(cells: Grid, method: str) -> Result:
    """The product's way."""
    if method == "ustat":
        found = auc_ustat_of(cells)
        tested = ustat_difference(found, "1", "2", "AUC")
        return (tested.estimate, tested.standard_error or 0.0, tested.df or 0.0)
    components = auc_components(cells)
    covariance = auc_covariance(cells, components, method)
    return _of(compare_arms(cells.arms, components.estimates.reshape(cells.shape), covariance))


def _of(found: ArmComparison) -> Result:
    errors = found.errors
    return (found.statistic, found.df2 or 0.0, errors.var, errors.cov1, errors.cov2, errors.cov3)


def naive(cells: Grid, method: str) -> Result:
    """All pairs of cases in every cell; the jackknife recomputes the area for every left-out case."""
    negatives, positives = cells.cells()
    if method == "jackknife":
        areas = np.array([_area(high, low) for high, low in zip(positives, negatives, strict=True)])
        return _of(compare_arms(cells.arms, areas.reshape(cells.shape), _naive_jackknife(positives, negatives)))
    psi = np.heaviside(positives[:, None, :] - negatives[:, :, None], 0.5)
    if method == "ustat":
        return _naive_ustat(psi.reshape(*cells.shape, *psi.shape[1:]))
    areas = psi.mean(axis=(1, 2)).reshape(cells.shape)
    return _of(compare_arms(cells.arms, areas, _naive_delong(psi) if method == "delong" else _naive_unbiased(psi)))


def _naive_delong(psi: Floats) -> Floats:
    v10, v01 = psi.mean(axis=1), psi.mean(axis=2)
    return np.asarray(np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1])


def _naive_unbiased(psi: Floats) -> Floats:
    """A_g A_h less the mean product over pairs of pairs that share no case, by inclusion and exclusion over all pairs."""
    n0, n1 = psi.shape[1:]
    sums, flat = psi.sum(axis=(1, 2)), psi.reshape(len(psi), -1)
    same1, same0 = psi.sum(axis=1), psi.sum(axis=2)
    apart = np.outer(sums, sums) - same1 @ same1.T - same0 @ same0.T + flat @ flat.T
    return np.asarray(np.outer(sums, sums) / (n0 * n1) ** 2 - apart / (n0 * (n0 - 1) * n1 * (n1 - 1)))


def _naive_ustat(psi: Floats) -> Result:
    """Difference of two arms (2, J, n0, n1): the eight moments of the difference kernel, its error and df."""
    kernel = psi[0] - psi[1]
    j, n0, n1 = kernel.shape
    sums = {(r, k, p): _shared(kernel, r, k, p) for r in (0, 1) for k in (0, 1) for p in (0, 1)}
    counts = {key: (j * n0 * n1) * (1 if key[0] else j) * (1 if key[1] else n0) * (1 if key[2] else n1) for key in sums}
    apart = {key: [_exactly(part, key) for part in (sums, counts)] for key in sums}
    whole, variance = float(counts[0, 0, 0]), 0.0
    for key, (total, count) in apart.items():
        variance += (count / whole - (key == (0, 0, 0))) * total / count
    biased = {key: sums[key] / counts[key] for key in sums}
    parts = ((1, 0, 0), j), ((0, 1, 0), n0), ((0, 0, 1), n1)
    below = sum((biased[key] - biased[0, 0, 0]) ** 2 / (n - 1) ** 3 for key, n in parts)
    return (float(kernel.mean()), variance**0.5, max(variance**2 / below, min(j, n0, n1) - 1.0))


def _shared(kernel: Floats, reader: int, real: int, synthetic: int) -> float:
    """Sum of products of two kernels that share what is marked and are free in the rest."""
    free = tuple(axis for axis, same in enumerate((reader, real, synthetic)) if not same)
    return float((kernel.sum(axis=free) ** 2).sum())


def _exactly(sums: dict[tuple[int, int, int], float], key: tuple[int, int, int]) -> float:
    """Sum over pairs that share what is marked and nothing else."""
    total = 0.0
    for other, value in sums.items():
        if all(theirs >= ours for theirs, ours in zip(other, key, strict=True)):
            total += (-1) ** (sum(other) - sum(key)) * value
    return total


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


def best_of(repeats: int, run: Callable[[], Result]) -> tuple[float, Result]:
    """Shortest CPU time of `repeats` runs, and the result."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = run()
        times.append(time.process_time() - start)
    return min(times), result


def peak() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def feasible(size: Size, method: str) -> bool:
    """Whether the naive engine ends within a minute and 4 GB."""
    readers, cases = size
    pairs = 2 * readers * cases**2 / 4
    return pairs * cases <= 6e9 if method == "jackknife" else pairs <= 1.3e8


def report(size: Size, ours: dict[str, tuple[float, Result]]) -> None:
    """One row a method, with the naive engine where it can be run."""
    cells = ratings(*size)
    for method, (seconds, found) in ours.items():
        slow = "| | "
        if feasible(size, method):
            naive_seconds, expected = best_of(1, lambda method=method: naive(cells, method))  # type: ignore[misc]
            gap = max(abs(one / other - 1) for one, other in zip(found, expected, strict=True))
            slow = f"| {naive_seconds:.3g} ({naive_seconds / seconds:.0f} x) | {gap:.0e} "
        anchor = ANCHORS[size].get(method)
        quoted = f"{anchor:g} ({anchor / seconds:.0f} x)" if anchor else ""
        print(f"| {size[0]} x {size[1]:,} | {method} | {seconds:.4f} {slow}| {quoted} |", flush=True)


def main() -> None:
    """Print the table: ours first, smallest size first, so that the peak memory after each is its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="one size, such as 10x1000")
    options = parser.parse_args()
    sizes = [size for size in ANCHORS if options.only in ("", f"{size[0]}x{size[1]}")]
    found: dict[Size, dict[str, tuple[float, Result]]] = {}
    fast(ratings(2, 20), "ustat")
    print(f"before: {peak():.0f} MB")
    for size in sizes:
        cells = ratings(*size)
        found[size] = {
            method: best_of(options.repeats, lambda cells=cells, method=method: fast(cells, method))  # type: ignore[misc]
            for method in METHODS
        }
        print(f"{size[0]} x {size[1]}: peak {peak():.0f} MB", flush=True)
    print("| readers x cases | method | ours, CPU s | naive, CPU s | largest relative difference | package, s |")
    print("|---|---|---|---|---|---|")
    for size in sizes:
        report(size, found[size])


if __name__ == "__main__":
    main()
