"""Precision, recall, density and coverage against the prdc package: CPU time, and memory in processes of their own.

python benchmarks/prdc.py
"""

import subprocess
import sys
import tracemalloc
from pathlib import Path

# This file has the name of the package that it measures: its folder must not hide it.
sys.path = [p for p in sys.path if Path(p or ".").resolve() != Path(__file__).resolve().parent]
sys.path.append(str(Path(__file__).resolve().parent))

from side_by_side import compare, features, one_thread  # noqa: E402

from evaluation.metrics import Sample, Settings, precision_recall_density_coverage  # noqa: E402
from evaluation.metrics.prdc import estimate_prdc  # noqa: E402


def memory(name: str, n: int, d: int) -> float:
    """Peak MiB above the start of one implementation, in this process."""
    from prdc import compute_prdc

    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    tracemalloc.start()
    compute_prdc(y, x, 5) if name == "prdc" else precision_recall_density_coverage(x, y)
    return tracemalloc.get_traced_memory()[1] / 2**20


def against_prdc(n: int, d: int, repeats: int) -> None:
    from prdc import compute_prdc

    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    peer = {"prdc": lambda: compute_prdc(y, x, 5)}
    compare(f"four values, n={n} d={d}", lambda: precision_recall_density_coverage(x, y), peer, repeats)
    groups = tuple(str(i // 4) for i in range(n))
    samples = Sample(x, groups), Sample(y, groups)
    compare("    with intervals", lambda: estimate_prdc(*samples, Settings()), {}, 1)
    peaks = []
    for name in ("ours", "prdc"):
        command = [sys.executable, __file__, name, str(n), str(d)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
        peaks.append(float(lines[-2]))
    print(f"    peak memory above start: ours {peaks[0]:.0f} MiB, prdc {peaks[1]:.0f} MiB", flush=True)


def main() -> None:
    one_thread()
    if len(sys.argv) == 4:
        print(memory(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
        return
    against_prdc(1000, 1024, 3)
    against_prdc(5000, 1024, 1)


if __name__ == "__main__":
    main()
