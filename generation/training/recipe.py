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

    vae_widths: tuple[int, ...] = (16, 48, 64)
    latent_channels: int = 4
    vae_steps: int = 1_500
    vae_batch: int = 16
    vae_rate: float = 1.5e-3
    edge_weight: float = 1.0
    kl_weight: float = 2e-5

    text_width: int = 128
    text_layers: int = 2
    text_length: int = 40
    unet_widths: tuple[int, ...] = (48, 64, 96, 112)
    unet_steps: int = 5_500
    unet_batch: int = 32
    unet_rate: float = 1e-3
    ema: float = 0.999
    drop_prompt: float = 0.1
    snr_cap: float = 5.0
    # How much a picture with a nodule or mass counts: all of it, since weight on the place alone blurs where the finding may be.
    small_finding_weight: float = 2.0

    classifier_steps: int = 600
    classifier_batch: int = 32
    classifier_rate: float = 2e-3
    classifier_growth: int = 12
    classifier_blocks: tuple[int, ...] = (3, 4, 6, 4)
    classifier_stem: int = 16
