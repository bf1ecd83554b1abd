"""The demonstration's classifier: a small torchxrayvision DenseNet that learnt phantoms."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate

from images.phantom import FINDINGS

from .dataset import Phantoms
from .models import build_classifier, classifier_config
from .parallel import share
from .recipe import Recipe
from .state import Stage, batch_indices


def to_xrv(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [n, h, w] to torchxrayvision's scale: float [n, 1, h, w] in [-1024, 1024]."""
    return (pixels.float()[:, None] / 255 * 2 - 1) * 1024


def train_classifier(
    data: Phantoms, held_out: Phantoms, recipe: Recipe, folder: Path, report: Callable[[str], None]
) -> tuple[nn.Module, dict[str, float]]:
    """Train, or take up, the classifier; with it the threshold per finding that is best on the first half of `held_out`."""
    torch.manual_seed(recipe.seed)
    network = build_classifier(classifier_config(recipe))
    stage = Stage(folder / "classifier.state", {"classifier": network}, recipe.classifier_steps, recipe.classifier_rate)
    pixels, labels = torch.from_numpy(data.pixels), torch.from_numpy(data.labels).float()
    network.train()
    for step in stage.remaining():
        chosen = share(batch_indices(len(data), recipe.classifier_batch, step, recipe.seed + 1))
        images = _augment(to_xrv(pixels[chosen]), torch.Generator().manual_seed(recipe.seed + step))
        stage.advance(binary_cross_entropy_with_logits(network(images), labels[chosen]))
        if step % 50 == 0:
            report(f"classifier step {step}/{recipe.classifier_steps} loss {stage.recent():.4f}")
    network.eval()
    half = len(held_out) // 2
    thresholds = choose_thresholds(predict(network, held_out.pixels[:half]), held_out.labels[:half])
    for name, value in balanced_accuracy(
        predict(network, held_out.pixels[half:]), held_out.labels[half:], thresholds
    ).items():
        report(f"classifier held-out balanced accuracy {name} {value:.3f}")
    return network, thresholds


def _augment(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Blur half of the pictures a little and change contrast and brightness: sharpness must not decide."""
    n, _, height, width = images.shape
    soft = interpolate(interpolate(images, scale_factor=0.6, mode="area"), size=(height, width), mode="bilinear")
    share = torch.rand(n, 1, 1, 1, generator=rng) * (torch.rand(n, 1, 1, 1, generator=rng) < 0.6)
    images = images * (1 - share) + soft * share
    gain = 1 + 0.1 * torch.randn(n, 1, 1, 1, generator=rng)
    noise = 20 * torch.rand(n, 1, 1, 1, generator=rng) * torch.randn(n, 1, height, width, generator=rng)
    return (images * gain + 60 * torch.randn(n, 1, 1, 1, generator=rng) + noise).clamp(-1024, 1024)


@torch.no_grad()
def predict(network: nn.Module, pixels: NDArray[np.uint8], batch: int = 64) -> NDArray[np.float64]:
    """Probability per picture and finding, [n, findings]."""
    chunks = torch.split(torch.from_numpy(pixels), batch)
    parts = [torch.sigmoid(network(to_xrv(part))) for part in chunks]
    return np.asarray(torch.cat(parts).double().numpy())


def choose_thresholds(probabilities: NDArray[np.float64], labels: NDArray[np.uint8]) -> dict[str, float]:
    """Per finding, the threshold of best balanced accuracy (Youden's J)."""
    candidates = np.linspace(0.02, 0.98, 97)
    thresholds = {}
    for number, name in enumerate(FINDINGS):
        scores = [_balanced(probabilities[:, number] >= cut, labels[:, number] == 1) for cut in candidates]
        # The middle of the plateau of best cuts is the steadiest of them.
        thresholds[name] = float(np.median(candidates[np.asarray(scores) >= max(scores) - 1e-9]))
    return thresholds


def balanced_accuracy(
    probabilities: NDArray[np.float64], labels: NDArray[np.uint8], thresholds: dict[str, float]
) -> dict[str, float]:
    """Mean of sensitivity and specificity per finding."""
    return {
        name: _balanced(probabilities[:, number] >= thresholds[name], labels[:, number] == 1)
        for number, name in enumerate(FINDINGS)
    }


def _balanced(called: NDArray[np.bool_], present: NDArray[np.bool_]) -> float:
    return float(0.5 * (called[present].mean() + 1 - called[~present].mean()))


def save_classifier(trained: tuple[nn.Module, dict[str, float]], recipe: Recipe, folder: Path) -> None:
    """model.safetensors and config.json, which says how to rebuild the network.

    Weights are stored in half precision, but for the running statistics of normalisation: inputs reach 1024, their variance 10^6.
    """
    network, thresholds = trained
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: tensor.detach().half() if tensor.is_floating_point() and "running" not in name else tensor
        for name, tensor in network.state_dict().items()
    }
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    config = classifier_config(recipe) | {"op_threshs": [round(thresholds[name], 3) for name in FINDINGS]}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
