"""The denoiser: a latent U-Net and its text encoder, trained together on phantoms and their sentences."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from images.phantom import FINDINGS

from .autoencoder import encode
from .dataset import WORDINGS, Phantoms
from .models import build_text_encoder, build_unet
from .parallel import rank, share
from .recipe import Recipe
from .state import Stage, batch_indices
from .tokenizer import build_tokenizer

# A usable checkpoint is written this often while training goes on.
PUBLISH_EVERY_STEPS = 500
# Findings of a few pixels: in a plain mean squared error they hardly count.
SMALL = ("Nodule", "Mass")


@dataclass(frozen=True)
class Denoiser:
    """What a pipeline needs besides its autoencoder; the weights are running averages."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    vocabulary: Path


@dataclass(frozen=True)
class Examples:
    """Latents (scaled mean and deviation, float16), token ids int64 [n, wordings, length] and loss weights [n].

    `empty`: the empty prompt.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    tokens: torch.Tensor
    weight: torch.Tensor
    empty: torch.Tensor


def sampling_scheduler() -> DDIMScheduler:
    """Stable Diffusion's noise schedule with v-prediction (Salimans and Ho 2022)."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=False,
    )


def train_denoiser(
    data: Phantoms, autoencoder: AutoencoderKL, recipe: Recipe, folder: Path, report: Callable[[str], None]
) -> Iterator[Denoiser]:
    """Train, or take up, U-Net and text encoder; yields the running average now and then, and at the end."""
    torch.manual_seed(recipe.seed + 2)
    tokenizer = build_tokenizer(folder / "tokenizer", length=recipe.text_length, seed=recipe.seed)
    live = nn.ModuleDict({"unet": build_unet(recipe), "text": build_text_encoder(recipe, tokenizer)})
    average = copy.deepcopy(live).requires_grad_(False).eval()
    stage = Stage(folder / "denoiser.state", {"live": live, "ema": average}, recipe.unet_steps, recipe.unet_rate)
    examples = _examples(data, autoencoder, tokenizer, recipe, folder, report)
    trained = Denoiser(average["unet"], average["text"], tokenizer, folder / "tokenizer")
    for step in stage.remaining():
        stage.advance(_loss(live, examples, step, recipe))
        _follow(average, live, min(recipe.ema, (step + 1) / (step + 20)))
        if step % 25 == 0:
            report(f"denoiser step {step}/{recipe.unet_steps} loss {stage.recent(100):.4f}")
        if (step + 1) % PUBLISH_EVERY_STEPS == 0:
            yield trained
    yield trained


def _examples(
    data: Phantoms,
    autoencoder: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    recipe: Recipe,
    folder: Path,
    report: Callable[[str], None],
) -> Examples:
    """Every phantom's latents, encoded once and kept on disk, and its tokens."""
    path = folder / "latents.pt"
    if not path.exists():
        report("encoding latents")
        scale = autoencoder.config.scaling_factor
        mean, deviation = encode(autoencoder, torch.from_numpy(data.pixels))
        torch.save({"mean": (mean * scale).half(), "deviation": (deviation * scale).half()}, path)
    latents = torch.load(path, weights_only=True)
    flat = [text for texts in data.texts for text in texts]
    return Examples(
        latents["mean"],
        latents["deviation"],
        _tokens(tokenizer, flat).view(-1, WORDINGS, recipe.text_length),
        _weights(data, recipe),
        _tokens(tokenizer, [""]),
    )


def _weights(data: Phantoms, recipe: Recipe) -> torch.Tensor:
    """How much each picture counts, [n]."""
    small = data.labels[:, [FINDINGS.index(name) for name in SMALL]].any(axis=1)
    return torch.where(torch.from_numpy(small), recipe.small_finding_weight, 1.0)


def _tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
    """Token ids int64 [n, length]."""
    distinct = sorted(set(texts))
    encoded = tokenizer(distinct, padding="max_length", truncation=True, max_length=tokenizer.model_max_length)
    row = {text: number for number, text in enumerate(distinct)}
    return torch.tensor(encoded["input_ids"])[torch.from_numpy(np.array([row[text] for text in texts]))]


def _loss(live: nn.ModuleDict, examples: Examples, step: int, recipe: Recipe) -> torch.Tensor:
    """Mean squared error of v for one batch.

    Nearly clean pictures count less, as in min-SNR weighting (Hang et al. 2023); very noisy ones count in full, unlike there: it is on
    them that the prompt decides.
    """
    rng = torch.Generator().manual_seed((recipe.seed * 1_000_003 + step) * 16 + rank())
    chosen = share(batch_indices(len(examples.mean), recipe.unet_batch, step, recipe.seed + 2))
    count = len(chosen)
    clean = examples.mean[chosen].float()
    clean = clean + examples.deviation[chosen].float() * torch.randn(clean.shape, generator=rng)
    tokens = examples.tokens[chosen, torch.randint(WORDINGS, (count,), generator=rng)]
    dropped = torch.rand(count, 1, generator=rng) < recipe.drop_prompt
    tokens = torch.where(dropped, examples.empty, tokens)
    # One time in each of `count` equal intervals: less variance than independent draws.
    times = ((torch.arange(count) + torch.rand(count, generator=rng)) / count * 1000).long()
    scheduler = sampling_scheduler()
    noise = torch.randn(clean.shape, generator=rng)
    noisy = scheduler.add_noise(clean, noise, times)
    with torch.autocast("cpu", torch.bfloat16):
        context = live["text"](tokens).last_hidden_state
        predicted = live["unet"](noisy, times, context).sample
    error = (predicted.float() - scheduler.get_velocity(clean, noise, times)).square().mean(dim=(1, 2, 3))
    kept = scheduler.alphas_cumprod[times]
    ratio = kept / (1 - kept)
    weighted: torch.Tensor = error * examples.weight[chosen] * (recipe.snr_cap / (ratio + 1)).clamp(max=1)
    return weighted.mean()


@torch.no_grad()
def _follow(average: nn.Module, live: nn.Module, keep: float) -> None:
    """Move the running average towards the live weights."""
    torch._foreach_lerp_(list(average.parameters()), list(live.parameters()), 1 - keep)
