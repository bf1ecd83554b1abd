"""From a folder of PNG files to torchxrayvision features, against torch-fidelity with the same network.

    python benchmarks/features.py [--images 64]

The network has random weights and random statistics in its batch norms (DenseNet-121): time does not depend on them. Both
decode the same 512 x 512 files. Goals: 2.3 times torch-fidelity in plain torch (batch 16), 3.3 times with ONNX Runtime,
features equal to 1e-6 of the largest.
ONNX Runtime's export, which is made once for a machine and a file of weights, is made before the clock starts and is
reported by itself.
"""

import argparse
import importlib.util
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torchxrayvision as xrv
from PIL import Image
from side_by_side import compare, one_thread
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import register_feature_extractor
from torch_fidelity.utils import create_feature_extractor, extract_featuresdict_from_input_id_cached

from evaluation.features import extract_folder, gather
from evaluation.features.densenet import densenet_extractor
from evaluation.features.network import NetworkExtractor
from evaluation.features.onnx_engine import WORTH_IMAGES, OnnxEngine


class XrvPeer(FeatureExtractorBase):
    """The same network as an extractor of torch-fidelity's, at its own pace."""

    network: torch.nn.Module

    def __init__(self, name: str, features_list: list[str], **options: object) -> None:
        super().__init__(name, features_list)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        return ("pooled",)

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        return "pooled"

    @staticmethod
    def can_be_compiled() -> bool:
        return True

    @staticmethod
    def get_dummy_input_for_compile() -> torch.Tensor:
        return (torch.rand([1, 3, 4, 4]) * 255).to(torch.uint8)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor]:
        gray = images[:, :1].float() / 255
        gray = torch.nn.functional.interpolate(gray, (224, 224), mode="bilinear", antialias=True)
        return (self.network.features2(2048 * gray - 1024),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    one_thread()
    torch.manual_seed(0)
    network = with_statistics(xrv.models.DenseNet(weights=None).eval())
    XrvPeer.network = network
    register_feature_extractor("xrv-peer", XrvPeer)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(dir=folder)
        pictures = Path(folder) / "pictures"
        write_pictures(pictures, options.images)
        made: dict[str, np.ndarray] = {}
        for title, ours in extractors(network).items():
            compare(
                f"{options.images} PNG files of 512 x 512 to features, {title}",
                lambda ours=ours: made.update(ours=extract_folder(pictures, ours).features),
                {"torch-fidelity, batch 64": lambda: made.update(peer=peer_features(pictures))},
                options.pairs,
            )
            scale = np.abs(made["peer"]).max()
            worst = np.abs(made["ours"] - made["peer"]).max() / scale
            print(f"    engine {ours.engine}; largest difference of features {worst:.1e} of the largest", flush=True)


def with_statistics(network: torch.nn.Module) -> torch.nn.Module:
    """Batch norms as training leaves them, so that folding one into a convolution changes numbers."""
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            for tensor in (norm.running_mean, norm.bias.data):
                tensor.normal_(0, 0.1)
            for tensor in (norm.running_var, norm.weight.data):
                tensor.uniform_(0.5, 1.5)
    return network


def extractors(network: torch.nn.Module) -> dict[str, NetworkExtractor]:
    """Ours in plain torch, and with ONNX Runtime warmed up (its export timed and printed)."""
    plain = densenet_extractor("xrv-densenet", "random", "random", network, 224, ("",) * 18, (0.5,) * 18)
    plain.onnx.enabled = False
    if not importlib.util.find_spec("onnxruntime"):
        return {"plain torch": plain}
    fast = replace(plain, onnx=OnnxEngine())
    noise = np.random.default_rng(0).integers(0, 256, (224, 224), dtype=np.uint8)
    gather(fast, [noise] * WORTH_IMAGES)
    start = time.process_time()
    gather(fast, [noise] * 8)
    print(f"export to ONNX, once for a file of weights: {time.process_time() - start:.1f} s CPU; engine {fast.engine}")
    return {"plain torch": plain, "ONNX Runtime": fast}


def write_pictures(folder: Path, count: int) -> None:
    """Smooth 512 x 512 pictures as PNG files."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8))
        coarse.resize((512, 512), Image.Resampling.BICUBIC).save(folder / f"{number:04d}.png")


def peer_features(folder: Path) -> np.ndarray:
    """torch-fidelity's own loop over the folder."""
    options = {"input1": str(folder), "cuda": False, "cache": False, "verbose": False, "batch_size": 64}
    extractor = create_feature_extractor("xrv-peer", ["pooled"], **options)
    return np.asarray(extract_featuresdict_from_input_id_cached(1, extractor, **options)["pooled"].numpy())


if __name__ == "__main__":
    main()
