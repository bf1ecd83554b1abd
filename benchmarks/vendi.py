"""Vendi score against the vendi-score package (its n x n form, which its score_X takes for any n).

python benchmarks/vendi.py
"""

from side_by_side import compare, features, one_thread
from vendi_score import vendi

from evaluation.metrics import vendi_score


def against_vendi_score(n: int, d: int, repeats: int) -> None:
    x = features(n, d, 0)
    centred = x - x.mean(axis=0)
    peers = {
        "vendi-score score_X": lambda: vendi.score_X(centred, normalize=True),
        "vendi-score score_dual": lambda: vendi.score_dual(centred, normalize=True),
    }
    compare(f"order 1, n={n} d={d}", lambda: vendi_score(x), peers, repeats)


def main() -> None:
    one_thread()
    against_vendi_score(1000, 1024, 2)
    against_vendi_score(5000, 1024, 1)


if __name__ == "__main__":
    main()
