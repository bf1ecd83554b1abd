"""The autoencoder: phantoms to latents of a quarter of their side, and back with their ribs."""

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from .dataset import Phantoms
from .models import build_autoencoder
from .parallel import share
from .recipe import Recipe
from .state import Stage, batch_indices


def to_tensor(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 [n, h, w] to float [n, 3, h, w] in [-1, 1]: grey in all three channels, as Stable Diffusion expects."""
    grey = pixels.float()[:, None] / 127.5 - 1
    return grey.expand(-1, 3, -1, -1).contiguous()


def train_autoencoder(data: Phantoms, recipe: Recipe, folder: Path, report: Callable[[str], None]) -> AutoencoderKL:
    """Train, or take up, the autoencoder; returned in eval mode with `scaling_factor` set to give latents unit variance."""
    torch.manual_seed(recipe.seed)
    network = build_autoencoder(recipe)
    stage = Stage(folder / "autoencoder.state", {"vae": network}, recipe.vae_steps, recipe.vae_rate)
    pixels = torch.from_numpy(data.pixels)
    for step in stage.remaining():
        images = to_tensor(pixels[share(batch_indices(len(data), recipe.vae_batch, step, recipe.seed))])
        stage.advance(_loss(network, images, recipe, torch.Generator().manual_seed(recipe.seed + step)))
        if step % 25 == 0:
            report(f"autoencoder step {step}/{recipe.vae_steps} loss {stage.recent(25):.4f}")
    network.eval()
    network.register_to_config(scaling_factor=_scaling(network, pixels[:512]))
    return network


def _loss(network: AutoencoderKL, images: torch.Tensor, recipe: Recipe, noise: torch.Generator) -> torch.Tensor:
    """L1 on pixels and on their gradients, at full and at half resolution, with a faint Kullback-Leibler pull."""
    with torch.autocast("cpu", torch.bfloat16):
        posterior = network.encode(images).latent_dist
        decoded = network.decode(posterior.sample(noise)).sample
    kl = posterior.kl().float().mean() / 64
    decoded = decoded.float()
    # The three channels are equal in the data: one average is enough for the edges.
    difference = decoded.mean(1, keepdim=True) - images[:, :1]
    halved = torch.nn.functional.avg_pool2d(difference, 2)
    edges = _slope(difference) + 2 * _slope(halved)
    pixels: torch.Tensor = (decoded - images).abs().mean()
    total: torch.Tensor = pixels + recipe.edge_weight * edges + recipe.kl_weight * kl
    return total


def _slope(difference: torch.Tensor) -> torch.Tensor:
    return difference.diff(dim=2).abs().mean() + difference.diff(dim=3).abs().mean()


@torch.no_grad()
def encode(network: AutoencoderKL, pixels: torch.Tensor, batch: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of every picture's latents, unscaled, float32 [n, channels, h, w]."""
    means, deviations = [], []
    for part in torch.split(pixels, batch):
        with torch.autocast("cpu", torch.bfloat16):
            posterior = network.encode(to_tensor(part)).latent_dist
        means.append(posterior.mean.float())
        deviations.append(posterior.std.float())
    return torch.cat(means), torch.cat(deviations)


def _scaling(network: AutoencoderKL, pixels: torch.Tensor) -> float:
    mean, deviation = encode(network, pixels)
    return float(1 / (mean.var() + deviation.square().mean()).sqrt())
