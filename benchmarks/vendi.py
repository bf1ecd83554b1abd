"""Vendi score against the vendi-score package (its n x n form, which its score_X takes for any n).

python benchmarks/vendi.py [--two-threads] [--large]
"""

import sys

import numpy as np
from side_by_side import compare, features, threads_asked
from vendi_score import vendi

from evaluation.metrics import vendi_score


def against_vendi_score(n: int, d: int, repeats: int) -> None:
    x = features(n, d, 0)
    centred = x - x.mean(axis=0)
    peers = {
        "vendi-score score_dual": lambda: vendi.score_dual(centred, normalize=True),
        "vendi-score score_X": lambda: vendi.score_X(centred, normalize=True),
    }
    compare(f"order 1, n={n} d={d}", lambda: vendi_score(x), peers, repeats)
    unit = centred.astype(np.float64) / np.linalg.norm(centred.astype(np.float64), axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit.T @ unit / n)
    values = values[values > 0]
    print(f"    relative difference to float64 {vendi_score(x) / np.exp(-values @ np.log(values)) - 1:.1e}", flush=True)


def main() -> None:
    threads_asked()
    against_vendi_score(1000, 1024, 3)
    against_vendi_score(5000, 1024, 2)
    if "--large" in sys.argv:
        against_vendi_score(10_000, 1024, 1)


if __name__ == "__main__":
    main()
