"""Writing what was trained as a diffusers folder in half precision."""

import copy
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, StableDiffusionPipeline

from .diffusion import Denoiser, sampling_scheduler


def save_pipeline(autoencoder: AutoencoderKL, denoiser: Denoiser, folder: Path) -> None:
    """A complete StableDiffusionPipeline folder, fp16 safetensors, replacing what was there only when it is complete."""
    pipeline = StableDiffusionPipeline(
        vae=copy.deepcopy(autoencoder).half(),
        text_encoder=copy.deepcopy(denoiser.text_encoder).half(),
        tokenizer=denoiser.tokenizer,
        unet=copy.deepcopy(denoiser.unet).half(),
        scheduler=sampling_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    pipeline.save_pretrained(unfinished)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(denoiser.vocabulary / name, unfinished / "tokenizer" / name)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
