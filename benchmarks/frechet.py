"""Fréchet distance against torch-fidelity, clean-fid and torchmetrics, n > d and n < d; one jackknife replicate.

python benchmarks/frechet.py [--large] [--two-threads]
"""

import argparse
import warnings

import numpy as np
import torch
from cleanfid.fid import frechet_distance as clean_fid
from side_by_side import compare, features, threads_asked
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from evaluation.metrics.frechet import (
    frechet_distance,
    leave_out_distances,
    moments_to_frechet_distance,
)
from evaluation.metrics.gaussian import covariance_root, features_to_gaussian

Moments = tuple[np.ndarray, np.ndarray]


def moments(x: np.ndarray) -> Moments:
    return x.mean(axis=0, dtype=np.float64), np.cov(x.astype(np.float64), rowvar=False)


def torch_fidelity(a: Moments, b: Moments) -> float:
    stats = ({"mu": m, "sigma": s} for m, s in (a, b))
    return float(fid_statistics_to_metric(*stats, False)["frechet_inception_distance"])


def from_moments(n: int, d: int, repeats: int) -> None:
    a, b = moments(features(n, d, 0, 0.1)), moments(features(n, d, 1))
    peers = {"torch-fidelity": lambda: torch_fidelity(a, b), "clean-fid": lambda: clean_fid(*a, *b)}
    compare(f"from moments, n={n} d={d}", lambda: moments_to_frechet_distance(*a, *b), peers, repeats)
    root = covariance_root(b[1])
    kept = "the same, root of the reference kept"
    compare(
        kept, lambda: moments_to_frechet_distance(*a, *b, root), {"torch-fidelity": peers["torch-fidelity"]}, repeats
    )
    print(f"    difference to torch-fidelity {moments_to_frechet_distance(*a, *b) / torch_fidelity(a, b) - 1:.1e}")


def from_features(n: int, d: int, repeats: int) -> None:
    """Fewer images than features: both from the features, torch-fidelity with its statistics."""
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    tensors = torch.from_numpy(x), torch.from_numpy(y)

    def peer() -> float:
        stats = [fid_features_to_statistics(t) for t in tensors]
        return float(fid_statistics_to_metric(*stats, False)["frechet_inception_distance"])

    both = moments(x), moments(y)
    peers = {"torch-fidelity": peer, "torch-fidelity without its statistics": lambda: torch_fidelity(*both)}
    compare(f"from features, n={n} < d={d}, exact", lambda: frechet_distance(x, y), peers, repeats)
    print(f"    relative error of torch-fidelity there {peer() / frechet_distance(x, y) - 1:.1e}")


def replicates(n: int, d: int, repeats: int) -> None:
    """Twenty leave-one-block-out distances, what they share included; torch-fidelity makes one of them anew, the reference kept."""
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    own, other = features_to_gaussian(x), features_to_gaussian(y)
    blocks = np.arange(n) % 20
    kept, reference = torch.from_numpy(x[blocks != 0]), fid_features_to_statistics(torch.from_numpy(y))

    def twenty_of_the_peer() -> None:
        for _ in range(20):
            fid_statistics_to_metric(fid_features_to_statistics(kept), reference, False)

    ours = leave_out_distances(x, own, other, blocks)
    title = f"20 jackknife replicates, n={n} d={d}"
    compare(title, lambda: leave_out_distances(x, own, other, blocks), {"torch-fidelity": twenty_of_the_peer}, repeats)
    print(f"    difference to recomputation {ours[0] / frechet_distance(x[blocks != 0], y) - 1:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="d = 2048 with n > d, too (minutes)")
    parser.add_argument("--two-threads", action="store_true")
    large = parser.parse_args().large
    warnings.simplefilter("ignore", DeprecationWarning)
    threads_asked()
    replicates(256, 1024, 1)
    replicates(1000, 1024, 1)
    from_moments(5000, 1024, 3)
    from_features(1000, 2048, 3)
    if large:
        from_moments(5000, 2048, 1)


if __name__ == "__main__":
    main()
