"""The fixed recipe: a small torchxrayvision DenseNet, so many steps, one seed; the same for every source of training images.

Pure: NumPy arrays in, probabilities out. Torch is imported when training starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

# Raised when the code changes what comes out: results under another version are not taken up again.
VERSION = "usefulness-1"
PREDICTION_BATCH = 64
WARM_UP = 0.1

Tick = Callable[[int], None]


@dataclass(frozen=True)
class Recipe:
    """side: pixels of the square input; steps: optimiser steps of ``batch`` images each, whatever the number of images.

    growth, blocks, stem: arguments of torchxrayvision.models.DenseNet (growth_rate, block_config, num_init_features).
    """

    side: int = 128
    steps: int = 800
    batch: int = 32
    rate: float = 1e-3
    decay: float = 1e-4
    growth: int = 12
    blocks: tuple[int, ...] = (4, 4, 4, 4)
    stem: int = 24

    def describe(self) -> dict[str, Any]:
        """Everything that decides a training but its images and its seed."""
        return {"version": VERSION, **asdict(self), "blocks": list(self.blocks)}


@dataclass(frozen=True)
class Labelled:
    """pixels: (n, side, side) uint8; labels: (n, c) 0 or 1."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.pixels)


def train_and_predict(
    sources: Sequence[Labelled],
    test: npt.NDArray[np.uint8],
    recipe: Recipe,
    seed: int,
    tick: Tick = lambda step: None,
) -> npt.NDArray[np.float32]:
    """(len(test), c) probabilities of a network trained on the sources, every batch in equal parts of each.

    ``tick`` gets the number of steps done before each step; what it raises ends the training. The same inputs give the
    same numbers on one machine.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _build(recipe, sources[0].labels.shape[1]).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate_share(step, recipe.steps))
    loss_of = torch.nn.BCEWithLogitsLoss()
    network.train()
    for step, (pixels, labels) in enumerate(_batches(sources, recipe, seed)):
        tick(step)
        loss = loss_of(_logits(network, _to_input(pixels).to(device)), torch.from_numpy(labels).float().to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return _predict(network.eval(), test, device)


def _rate_share(step: int, steps: int) -> float:
    """A short linear rise, then half a cosine down to 0."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return float(0.5 * (1 + np.cos(np.pi * (step - rise) / max(steps - rise, 1))))


def _build(recipe: Recipe, classes: int) -> Any:
    import torchxrayvision as xrv

    return xrv.models.DenseNet(
        weights=None,
        num_classes=classes,
        growth_rate=recipe.growth,
        block_config=recipe.blocks,
        num_init_features=recipe.stem,
        in_channels=1,
    )


def _logits(network: Any, inputs: torch.Tensor) -> torch.Tensor:
    outputs: torch.Tensor = network.classifier(network.features2(inputs))
    return outputs


def _batches(
    sources: Sequence[Labelled], recipe: Recipe, seed: int
) -> Iterator[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]]:
    """`recipe.steps` batches, a little moved and re-exposed; every source is gone through in shuffled rounds."""
    rng = np.random.default_rng(seed)
    share = [len(part) for part in np.array_split(np.arange(recipe.batch), len(sources))]
    streams = [_rounds(len(source), rng) for source in sources]
    for _ in range(recipe.steps):
        rows = [np.array([next(stream) for _ in range(n)]) for stream, n in zip(streams, share, strict=True)]
        pixels = np.concatenate([source.pixels[i] for source, i in zip(sources, rows, strict=True)])
        labels = np.concatenate([source.labels[i] for source, i in zip(sources, rows, strict=True)])
        yield _augmented(pixels, rng), labels


def _rounds(n: int, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(n)


def _augmented(pixels: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Moved by at most 1/16 of the side, contrast and brightness by about a tenth. No mirroring: the side matters."""
    side = pixels.shape[1]
    reach = side // 16
    moved = np.empty_like(pixels)
    padded = np.pad(pixels, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    for row, (top, left) in enumerate(rng.integers(0, 2 * reach + 1, size=(len(pixels), 2))):
        moved[row] = padded[row, top : top + side, left : left + side]
    gain, lift = (rng.normal(0, spread, size=(len(pixels), 1, 1)) for spread in (0.1, 10))
    return np.clip((1 + gain) * (moved - 127.5) + 127.5 + lift, 0, 255).astype(np.uint8)


def _to_input(pixels: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(n, 1, side, side) on torchxrayvision's scale of -1024 to 1024."""
    import torch

    return torch.from_numpy(pixels).float().div_(255).mul_(2048).sub_(1024)[:, None]


def _predict(network: Any, test: npt.NDArray[np.uint8], device: str) -> npt.NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        parts = [
            torch.sigmoid(_logits(network, _to_input(test[start : start + PREDICTION_BATCH]).to(device)))
            for start in range(0, len(test), PREDICTION_BATCH)
        ]
    return np.asarray(torch.cat(parts).float().cpu().numpy())
