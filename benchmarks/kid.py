"""Kernel distance with its standard error against torch-fidelity's 100 subsets of 1000.

python benchmarks/kid.py [--two-threads]
"""

import torch
from side_by_side import compare, features, threads_asked
from torch_fidelity.metric_kid import kid_features_to_metric

from evaluation.metrics import Estimate, Sample, Settings
from evaluation.metrics.kid import estimate_kernel_distance


def against_torch_fidelity(n: int, d: int, repeats: int) -> None:
    x, y = features(n, d, 0, 0.1), features(n, d, 1)
    groups = tuple(map(str, range(n)))
    samples = Sample(x, groups), Sample(y, groups)
    tensors = torch.from_numpy(x), torch.from_numpy(y)

    def ours() -> Estimate:
        return estimate_kernel_distance(*samples, Settings())

    def peer() -> dict[str, float]:
        return kid_features_to_metric(*tensors, kid_subsets=100, kid_subset_size=1000, verbose=False)

    estimate = compare(f"kernel distance and interval, n={n} d={d}", ours, {"torch-fidelity": peer}, repeats)["ours"]
    print(f"    ours {estimate.value:.6f}, standard error {estimate.extra['se']:.2e}")


def main() -> None:
    threads_asked()
    against_torch_fidelity(1000, 1024, 3)
    against_torch_fidelity(5000, 1024, 2)
    against_torch_fidelity(10_000, 1024, 1)


if __name__ == "__main__":
    main()
