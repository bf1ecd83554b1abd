"""What runs on a CPU in a convolutional network's place computes the same function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
import torchxrayvision as xrv

from evaluation.features import gather, open_extractor
from evaluation.features.convolutions import CONVOLUTIONAL_BATCH, for_cpu
from evaluation.features.preprocessing import to_xrv_input


def trained(network: torch.nn.Module) -> torch.nn.Module:
    """With statistics and weights in its batch norms as training leaves them: none of them does nothing."""
    generator = torch.Generator().manual_seed(0)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            for tensor in (norm.running_mean, norm.bias.data):
                tensor.copy_(0.1 * torch.randn(tensor.shape, generator=generator))
            for tensor in (norm.running_var, norm.weight.data):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    return network.eval()


def densenet() -> torch.nn.Module:
    return xrv.models.DenseNet(weights=None, growth_rate=8, block_config=(2, 3, 2), num_init_features=16)


NETWORKS: dict[str, tuple[Callable[[], torch.nn.Module], Callable[[Any, torch.Tensor], torch.Tensor], int]] = {
    "DenseNet": (densenet, lambda network, x: network.features2(x), 1),
    "DenseNet-121": (lambda: xrv.models.DenseNet(weights=None), lambda network, x: network(x), 1),
    "ResNet-50": (lambda: torchvision.models.resnet50(weights=None), lambda network, x: network(x), 3),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_the_librarys_to_float32(name: str) -> None:
    make, call, channels = NETWORKS[name]
    torch.manual_seed(0)
    network = trained(make())
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    inputs = 2048 * torch.rand(2, channels, 64, 64) - 1024
    with torch.inference_mode():
        exact = call(network.double(), inputs.double())
        expected = call(network.float(), inputs)
        made = call(for_cpu(network), inputs)
    scale = exact.abs().max()
    assert (made - expected).abs().max() <= 1e-6 * scale + (expected - exact).abs().max()
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


def test_norms_behind_convolutions_are_gone_and_the_others_are_there() -> None:
    def norms(network: torch.nn.Module) -> int:
        return sum(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())

    assert (norms(densenet()), norms(for_cpu(densenet().eval()))) == (18, 10)  # 7 layers and the first
    assert norms(for_cpu(torchvision.models.resnet50(weights=None).eval())) == 0


@pytest.mark.parametrize("count", [1, CONVOLUTIONAL_BATCH + 3])
def test_an_extractors_rows_are_the_librarys_at_any_count(count: int) -> None:
    extractor = open_extractor("random-densenet", "5")
    trained(extractor.network)  # type: ignore[attr-defined]
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (70, 64), dtype=np.uint8) for _ in range(count)]
    made = gather(extractor, pictures)
    inputs = torch.stack([to_xrv_input(picture, 64) for picture in pictures])
    with torch.inference_mode():
        expected = extractor.network.features2(inputs)  # type: ignore[attr-defined]
    assert np.abs(made.features - expected.numpy()).max() <= 1e-6 * float(expected.abs().max())
    assert made.probabilities.shape == (count, 7)
