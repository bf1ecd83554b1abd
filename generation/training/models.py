"""The five networks, built small from their libraries' own classes.

Attention is the plain product of matrices: the backward pass of torch's fused CPU kernel took half of every step.
"""

from typing import Any

import torchxrayvision as xrv
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from images.phantom import FINDINGS

from .recipe import Recipe


def build_autoencoder(recipe: Recipe) -> AutoencoderKL:
    blocks = len(recipe.vae_widths)
    network = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=recipe.vae_widths,
        layers_per_block=1,
        latent_channels=recipe.latent_channels,
        norm_num_groups=8,
        sample_size=recipe.size,
        mid_block_add_attention=False,
    )
    return network


def build_text_encoder(recipe: Recipe, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.text_width,
        intermediate_size=2 * recipe.text_width,
        projection_dim=recipe.text_width,
        num_hidden_layers=recipe.text_layers,
        num_attention_heads=4,
        max_position_embeddings=recipe.text_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def build_unet(recipe: Recipe) -> UNet2DConditionModel:
    levels = len(recipe.unet_widths)
    network = UNet2DConditionModel(
        sample_size=recipe.size // 2 ** (len(recipe.vae_widths) - 1),
        in_channels=recipe.latent_channels,
        out_channels=recipe.latent_channels,
        block_out_channels=recipe.unet_widths,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (levels - 2) + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (levels - 2) + ("UpBlock2D",),
        layers_per_block=2,
        cross_attention_dim=recipe.text_width,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    network.set_attn_processor(AttnProcessor())
    return network


def classifier_config(recipe: Recipe) -> dict[str, Any]:
    """The arguments of `torchxrayvision.models.DenseNet` that rebuild the classifier, with its pathologies and input size."""
    return {
        "growth_rate": recipe.classifier_growth,
        "block_config": list(recipe.classifier_blocks),
        "num_init_features": recipe.classifier_stem,
        "num_classes": len(FINDINGS),
        "in_channels": 1,
        "pathologies": list(FINDINGS),
        "input_size": recipe.size,
    }


def build_classifier(config: dict[str, Any]) -> nn.Module:
    network: nn.Module = xrv.models.DenseNet(
        growth_rate=config["growth_rate"],
        block_config=tuple(config["block_config"]),
        num_init_features=config["num_init_features"],
        num_classes=config["num_classes"],
        in_channels=config["in_channels"],
        weights=None,
        op_threshs=None,
        apply_sigmoid=False,
    )
    return network


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
