"""PNG folder to torchxrayvision features: how much of the time is the network's forward pass. See docs/gpu-checks.md.

    python benchmarks/gpu_features.py [--images 2000] [--device cuda]

The network has random weights (DenseNet-121): time does not depend on them. The forward pass alone is timed on batches
that lie on the device already. Goal: it takes >= 90 % of the whole. Exit status: 0 reached, 1 missed, 2 no GPU.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torchxrayvision as xrv
from PIL import Image

from evaluation.features import extract_folder
from evaluation.features.densenet import densenet_extractor

BATCH = 64


def main() -> int:
    """Time both, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("There is no GPU here; --device cpu --images 16 shows that the check works.", file=sys.stderr)
        return 2
    torch.manual_seed(0)
    network = xrv.models.DenseNet(weights=None).eval().to(options.device)
    extractor = densenet_extractor("xrv-densenet", "random", "", network, 224, ("",) * 18, (0.5,) * 18)
    extractor.onnx.enabled = False
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder) / "first", BATCH)
        extract_folder(Path(folder) / "first", extractor)
        write_pictures(Path(folder) / "all", options.images)
        whole = seconds(lambda: extract_folder(Path(folder) / "all", extractor))
    alone = seconds(lambda: forward_alone(network, options.images, options.device))
    machine = torch.cuda.get_device_name() if options.device.startswith("cuda") else platform.machine()
    share = round(alone / whole, 3)
    print(
        json.dumps({"images": options.images, "whole_s": whole, "forward_s": alone, "share": share, "machine": machine})
    )
    return 0 if share >= 0.9 else 1


def write_pictures(folder: Path, count: int) -> None:
    """Smooth 512 x 512 pictures as PNG files."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (64, 64), dtype=np.uint8))
        coarse.resize((512, 512), Image.Resampling.BICUBIC).save(folder / f"{number:05d}.png")


def forward_alone(network: torch.nn.Module, count: int, device: str) -> None:
    """The network on batches that are there already."""
    batch = torch.zeros(BATCH, 1, 224, 224, device=device)
    with torch.inference_mode():
        for start in range(0, count, BATCH):
            network.features2(batch[: min(BATCH, count - start)])


def seconds(work: Callable[[], object]) -> float:
    """Wall time of `work`, the device's queue emptied before and after."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return round(time.perf_counter() - start, 4)


if __name__ == "__main__":
    sys.exit(main())
