"""From a folder of PNG files to torchxrayvision features, against torch-fidelity with the same network.

    python benchmarks/features.py [--images 64]

The network has random weights (DenseNet-121): time does not depend on them. Both decode the same 512 x 512 files.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
import torchxrayvision as xrv
from PIL import Image
from side_by_side import compare, one_thread
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import register_feature_extractor
from torch_fidelity.utils import create_feature_extractor, extract_featuresdict_from_input_id_cached

from evaluation.features import gather
from evaluation.features.densenet import DenseNetExtractor
from images.pixels import decode_image


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
    count = parser.parse_args().images
    one_thread()
    torch.manual_seed(0)
    network = xrv.models.DenseNet(weights=None).eval()
    ours = DenseNetExtractor("xrv-densenet", "random", "", "", network, 224, ("",) * 18, (0.5,) * 18)
    XrvPeer.network = network
    register_feature_extractor("xrv-peer", XrvPeer)
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for number in range(count):
            soft = Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8)).resize(
                (512, 512), Image.Resampling.BICUBIC
            )
            soft.save(Path(folder) / f"{number:04d}.png")
        files = sorted(Path(folder).glob("*.png"))
        made: dict[str, np.ndarray] = {}

        def work() -> None:
            made["ours"] = gather(ours, (decode_image(path.read_bytes()) for path in files)).features

        def peer() -> None:
            options = {"input1": folder, "cuda": False, "cache": False, "verbose": False, "batch_size": 64}
            extractor = create_feature_extractor("xrv-peer", ["pooled"], **options)
            found = extract_featuresdict_from_input_id_cached(1, extractor, **options)
            made["peer"] = found["pooled"].numpy()

        compare(f"{count} PNG files of 512 x 512 to features", work, {"torch-fidelity, batch 64": peer}, 2)
        scale = np.abs(made["peer"]).max()
        print(
            f"    largest difference of features {np.abs(made['ours'] - made['peer']).max() / scale:.1e} of the largest"
        )


if __name__ == "__main__":
    main()
