"""Fréchet distance against torch-fidelity and the square-root formula of clean-fid and pytorch-fid.

python benchmarks/frechet.py [--large]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy import linalg
from side_by_side import compare, features, one_thread
from torch_fidelity.metric_fid import fid_statistics_to_metric

from evaluation.metrics.frechet import (
    features_to_gaussian,
    frechet_distance,
    leave_out_distances,
    moments_to_frechet_distance,
)


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x.mean(axis=0, dtype=np.float64), np.cov(x.astype(np.float64), rowvar=False)


def torch_fidelity(a: tuple, b: tuple) -> float:
    stats = ({"mu": m, "sigma": s} for m, s in (a, b))
    return fid_statistics_to_metric(*stats, False)["frechet_inception_distance"]


def clean_fid(a: tuple, b: tuple) -> float:
    """The formula as clean-fid and pytorch-fid write it; their own call is gone from SciPy 1.18 on."""
    root = linalg.sqrtm(a[1] @ b[1]).real
    return float(np.sum((a[0] - b[0]) ** 2) + np.trace(a[1]) + np.trace(b[1]) - 2 * np.trace(root))


def from_moments(n: int, d: int) -> None:
    a, b = moments(features(n, d, 0, 0.1)), moments(features(n, d, 1))
    peers = {"torch-fidelity": lambda: torch_fidelity(a, b), "clean-fid formula": lambda: clean_fid(a, b)}
    compare(f"from moments, n={n} d={d}", lambda: moments_to_frechet_distance(*a, *b), peers, 2)
    print(f"    difference to torch-fidelity {moments_to_frechet_distance(*a, *b) / torch_fidelity(a, b) - 1:.1e}")


def from_features(n: int, d: int) -> None:
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    both = moments(x), moments(y)
    peer = {"torch-fidelity without its statistics": lambda: torch_fidelity(*both)}
    compare(f"from features, n={n} < d={d}, exact", lambda: frechet_distance(x, y), peer, 2)
    print(f"    relative error of torch-fidelity there {torch_fidelity(*both) / frechet_distance(x, y) - 1:.1e}")


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Best of some repeats: the first one also pays for loading libraries."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def replicates(n: int, d: int) -> None:
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    gaussian, blocks, both = features_to_gaussian(y), np.arange(n) % 20, (moments(x), moments(y))
    ours = cpu_seconds(lambda: leave_out_distances(x.astype(np.float64), gaussian, blocks)) / 20
    theirs = cpu_seconds(lambda: torch_fidelity(*both))
    print(f"one of 20 jackknife replicates, n={n} d={d}: ours {ours:.4f} s CPU")
    print(f"    torch-fidelity recomputation: {theirs:.4f} s CPU, {theirs / ours:.0f} times ours", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="d = 2048 with n > d, too (minutes)")
    large = parser.parse_args().large
    one_thread()
    from_moments(5000, 1024)
    if large:
        from_moments(5000, 2048)
    from_features(1000, 2048)
    from_features(1000, 1024)
    replicates(1000, 1024)
    replicates(256, 1024)


if __name__ == "__main__":
    main()
