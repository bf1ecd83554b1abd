"""Everything that decides what the demonstration checkpoint becomes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Sizes, data and schedules; two trainings with one recipe on one machine see the same data in the same order.

    `*_steps` are optimiser steps; each schedule warms up linearly and falls along a cosine to a twentieth of its peak.
    """

    seed: int = 20
    size: int = 128
    phantoms: int = 20_000
    held_out: int = 1_400
    held_out_seed: int = 77

    vae_widths: tuple[int, ...] = (16, 32, 64, 64)
    latent_channels: int = 8
    vae_steps: int = 1_400
    vae_batch: int = 16
    vae_rate: float = 1.5e-3
    edge_weight: float = 1.0
    kl_weight: float = 2e-5

    text_width: int = 128
    text_layers: int = 2
    text_length: int = 40
    unet_widths: tuple[int, ...] = (64, 96, 112)
    unet_steps: int = 4_000
    unet_batch: int = 32
    unet_rate: float = 1e-3
    ema: float = 0.999
    drop_prompt: float = 0.1
    snr_cap: float = 5.0
    # Extra weight that a nodule or mass gets in all, in cells of the 16 x 16, and at most per cell.
    emphasis: float = 6.0
    emphasis_cap: float = 2.0
    # From this step on the whole picture counts double instead: weight on the place alone blurs where a finding may be.
    emphasis_until: int = 3_450

    classifier_steps: int = 600
    classifier_batch: int = 32
    classifier_rate: float = 2e-3
    classifier_growth: int = 12
    classifier_blocks: tuple[int, ...] = (3, 4, 6, 4)
    classifier_stem: int = 16
