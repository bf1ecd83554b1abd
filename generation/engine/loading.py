"""Load an inspected checkpoint through diffusers' and transformers' own loaders, safetensors only."""

from collections import OrderedDict
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from safetensors.torch import load_file
from transformers.utils import logging as transformers_logging

from generation.engine.allowed import IGNORED_COMPONENTS
from generation.engine.errors import CheckpointError, PartsDoNotFit
from generation.engine.facts import CheckpointFacts
from generation.engine.inspection import inspect_checkpoint, read_json, weight_files
from generation.engine.overrides import Overrides

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass
class LoadedPipeline:
    """A checkpoint in memory, ready to generate.

    `embeddings` remembers encoded prompts, least recently used first: (tokens, width) tensors on `device`.
    """

    pipe: Any
    facts: CheckpointFacts
    device: torch.device
    dtype: torch.dtype
    projection: torch.nn.Linear | None = None
    embeddings: OrderedDict[str, torch.Tensor] = field(default_factory=OrderedDict)


def default_device() -> str:
    """ "cuda" where there is one, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def default_dtype(device: str) -> str:
    """Half precision on a GPU; on a CPU single precision, whatever the weights are stored in."""
    return "float16" if device.startswith("cuda") else "float32"


def load_pipeline(
    path: Path,
    device: str = "",
    dtype: str = "",
    *,
    overrides: Overrides | None = None,
    trusted_root: Path | None = None,
) -> LoadedPipeline:
    """Inspect the checkpoint folder at `path`, then load it onto `device` in `dtype`.

    `device` is a torch device name (default: a GPU where there is one); `dtype` one of float32, float16, bfloat16.
    Raises a CheckpointError when the folder is not acceptable or its parts cannot be loaded together.
    """
    overrides = overrides or Overrides()
    device = device or default_device()
    facts = inspect_checkpoint(path, overrides, trusted_root=trusted_root)
    torch_dtype = DTYPES[dtype or default_dtype(device)]
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        pipe = StableDiffusionPipeline.from_pretrained(path, **_arguments(path, overrides, facts, torch_dtype))
        _load_files(pipe, overrides)
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError, TypeError) as error:
        raise PartsDoNotFit(f"diffusers cannot load this checkpoint: {error}") from error
    pipe.set_progress_bar_config(disable=True)
    pipe.to(device)
    for module in (pipe.unet, pipe.vae, pipe.text_encoder):
        module.eval().requires_grad_(False)
    projection = _projection(overrides.textual_projection, device, torch_dtype)
    return LoadedPipeline(pipe, facts, torch.device(device), torch_dtype, projection)


def _arguments(path: Path, overrides: Overrides, facts: CheckpointFacts, dtype: torch.dtype) -> dict[str, Any]:
    index = read_json(path / "model_index.json")
    arguments: dict[str, Any] = {
        "dtype": dtype,
        "use_safetensors": True,
        "local_files_only": True,
        "low_cpu_mem_usage": True,
        "requires_safety_checker": False,
        "variant": facts.variant or None,
        **{name: None for name in IGNORED_COMPONENTS if name in index},
    }
    for name, model in (("vae", AutoencoderKL), ("unet", UNet2DConditionModel)):
        if folder := overrides.component(name):
            variant = weight_files(folder)[1] or None
            arguments[name] = model.from_pretrained(folder, dtype=dtype, use_safetensors=True, variant=variant)
    if overrides.text_encoder:
        arguments |= _text_arguments(overrides.text_encoder, facts, dtype)
    return arguments


def _text_arguments(folder: Path, facts: CheckpointFacts, dtype: torch.dtype) -> dict[str, Any]:
    import transformers

    names = {part.name: part.class_name for part in facts.parts}
    encoder = getattr(transformers, names["text_encoder"])
    tokenizer = getattr(transformers, names["tokenizer"])
    return {
        "text_encoder": encoder.from_pretrained(folder / "text_encoder", dtype=dtype, use_safetensors=True),
        "tokenizer": tokenizer.from_pretrained(folder / "tokenizer"),
    }


def _load_files(pipe: Any, overrides: Overrides) -> None:
    for path in overrides.textual_embeddings:
        pipe.load_textual_inversion(
            str(path.parent), weight_name=path.name, use_safetensors=True, local_files_only=True
        )
    if overrides.lora and find_spec("peft") is None:
        raise CheckpointError("LoRA weights need the package peft: pip install peft, then restart the worker.")
    for path in overrides.lora:
        pipe.load_lora_weights(str(path.parent), weight_name=path.name, use_safetensors=True, local_files_only=True)
        pipe.fuse_lora()
        pipe.unload_lora_weights()


def _projection(path: Path | None, device: str, dtype: torch.dtype) -> torch.nn.Linear | None:
    if path is None:
        return None
    state = load_file(path)
    width_out, width_in = state["weight"].shape
    layer = torch.nn.Linear(width_in, width_out, bias="bias" in state)
    layer.load_state_dict(state)
    return layer.to(device=device, dtype=dtype).requires_grad_(False)
