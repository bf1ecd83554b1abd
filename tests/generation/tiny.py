"""A complete Stable-Diffusion-shaped checkpoint of a few hundred kB with random weights: real classes, real files."""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIZE = 32
START, END = "<|startoftext|>", "<|endoftext|>"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,-"


def build_tokenizer(folder: Path) -> CLIPTokenizer:
    """A tokenizer that spells every word letter by letter."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [*LETTERS, *(letter + "</w>" for letter in LETTERS), START, END]
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=32, pad_token=END
    )


def build_unet(width: int = 16, text_width: int = 32) -> UNet2DConditionModel:
    """Two levels on a latent of a quarter of the picture's side."""
    return UNet2DConditionModel(
        sample_size=SIZE // 4,
        block_out_channels=(width, 2 * width),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=text_width,
        attention_head_dim=4,
        norm_num_groups=8,
    )


def build_vae(width: int = 16) -> AutoencoderKL:
    """Three levels: a quarter of the side."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(width,) * 3,
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=SIZE,
    )


def build_text_encoder(vocabulary: int, width: int = 32) -> CLIPTextModel:
    """One layer."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            intermediate_size=width,
            projection_dim=width,
            num_hidden_layers=1,
            num_attention_heads=4,
            max_position_embeddings=32,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    )


def build_checkpoint(folder: Path, *, seed: int = 0, width: int = 16) -> Path:
    """Write the checkpoint to `folder` and return it. The same seed gives the same files."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder / "tokenizer")
    pipe = StableDiffusionPipeline(
        vae=build_vae(),
        text_encoder=build_text_encoder(len(tokenizer)),
        tokenizer=tokenizer,
        unet=build_unet(width),
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder
