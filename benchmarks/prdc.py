"""Precision, recall, density and coverage against the prdc package: time and peak memory.

python benchmarks/prdc.py [--two-threads] [--large]
"""

import sys
from pathlib import Path

# This file has the name of the package that it measures: its folder must not hide it.
sys.path = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]
sys.path.append(str(Path(__file__).resolve().parent))

from prdc import compute_prdc  # noqa: E402
from side_by_side import compare, features, measured, threads_asked  # noqa: E402

from evaluation.metrics import Sample, Settings, precision_recall_density_coverage  # noqa: E402
from evaluation.metrics.prdc import Prdc, estimate_prdc  # noqa: E402


def against_prdc(n: int, d: int, repeats: int) -> None:
    x, y = features(n, d, 0, 0.1), features(n, d, 1)

    def ours() -> Prdc:
        return precision_recall_density_coverage(x, y)

    def peer() -> dict[str, float]:
        return compute_prdc(y, x, 5)

    found, theirs = compare(f"four values, n={n} d={d}", ours, {"prdc": peer}, repeats).values()
    print(f"    largest difference {max(abs(getattr(found, name) - value) for name, value in theirs.items()):.1e}")
    groups = tuple(str(i // 4) for i in range(n))
    samples = Sample(x, groups), Sample(y, groups)
    compare("    with intervals, k = 5 and k = 3", lambda: estimate_prdc(*samples, Settings()), {}, 1)


def alone(n: int, d: int) -> None:
    """Beyond what prdc can hold: its two n x n matrices and their partition need 40 GB at 50,000."""
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    seconds, peak, _ = measured(lambda: precision_recall_density_coverage(x, y))
    print(f"four values, n={n} d={d}: ours {seconds:.0f} s, peak {peak:.0f} MiB", flush=True)


def main() -> None:
    threads_asked()
    against_prdc(1000, 1024, 3)
    against_prdc(10_000, 1024, 1)
    if "--large" in sys.argv:
        alone(50_000, 1024)


if __name__ == "__main__":
    main()
