"""MS-SSIM of all pairs against pytorch_msssim and torchmetrics.

python benchmarks/ms_ssim.py [--images 16]
"""

import argparse
from itertools import combinations

import numpy as np
import pytorch_msssim
import torch
from side_by_side import compare, one_thread
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as torchmetrics_ms_ssim

from evaluation.metrics.multiscale import pair_scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=16)
    count = parser.parse_args().images
    one_thread()
    rng = np.random.default_rng(0)
    images = np.cumsum(rng.normal(size=(count, 256, 256)), axis=2)
    images = ((images - images.min()) / np.ptp(images)).astype(np.float32)
    tensors = torch.from_numpy(images)[:, None, None]
    pairs = list(combinations(range(count), 2))

    def theirs(function: object, **options: object) -> list[float]:
        with torch.inference_mode():
            return [float(function(tensors[i], tensors[j], data_range=1.0, **options)) for i, j in pairs]  # type: ignore[operator]

    compare(
        f"all {len(pairs)} pairs of {count} images of 256 x 256",
        lambda: pair_scores(lambda i: images[i], pairs),
        {
            "pytorch_msssim": lambda: theirs(pytorch_msssim.ms_ssim),
            "torchmetrics": lambda: theirs(torchmetrics_ms_ssim),
        },
        1,
    )
    difference = np.abs(pair_scores(lambda i: images[i], pairs) - theirs(pytorch_msssim.ms_ssim)).max()
    print(f"    largest difference to pytorch_msssim {difference:.1e}")


if __name__ == "__main__":
    main()
