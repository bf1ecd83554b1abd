"""What computed a picture: library versions, device, precision. Kept with every run."""

import platform
from importlib.metadata import version
from typing import Any

import torch

from generation.engine.blocks import block_size
from generation.engine.loading import LoadedPipeline
from generation.engine.requests import Settings

LIBRARIES = ("torch", "diffusers", "transformers", "safetensors", "numpy")


def describe_environment(loaded: LoadedPipeline, settings: Settings) -> dict[str, Any]:
    """JSON-ready facts: pictures are pixel-equal where all of these are equal."""
    cuda = loaded.device.type == "cuda"
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "device": torch.cuda.get_device_name(loaded.device) if cuda else platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "block": block_size(loaded.device.type, settings.width, settings.height),
    }
