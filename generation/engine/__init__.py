"""Checkpoint and requests to pictures: torch and diffusers, no Django.

    facts = inspect_checkpoint(Path("checkpoint"))             # safe? whole? what is it? (no torch needed)
    loaded = load_pipeline(Path("checkpoint"))
    for picture in generate_images(loaded, [Request("Left pleural effusion.", seed=1)], Settings(steps=30)): ...

Importing this package does not import torch; the two functions that need it do when they are first asked for.
"""

from typing import TYPE_CHECKING, Any

from generation.engine.errors import Aborted, BadRequest, CheckpointError, GenerationError
from generation.engine.facts import CheckpointFacts, Part
from generation.engine.hub import Snapshot, fetch_checkpoint
from generation.engine.inspection import inspect_checkpoint
from generation.engine.overrides import Overrides
from generation.engine.requests import SCHEDULERS, Request, Settings, check_settings

if TYPE_CHECKING:
    from generation.engine.environment import describe_environment
    from generation.engine.generating import generate_images
    from generation.engine.loading import LoadedPipeline, load_pipeline
    from generation.engine.reconstruct import reconstruct_images
    from generation.engine.text import truncated_prompts

__all__ = [
    "SCHEDULERS",
    "Aborted",
    "BadRequest",
    "CheckpointError",
    "CheckpointFacts",
    "GenerationError",
    "LoadedPipeline",
    "Overrides",
    "Part",
    "Request",
    "Settings",
    "Snapshot",
    "check_settings",
    "describe_environment",
    "fetch_checkpoint",
    "generate_images",
    "inspect_checkpoint",
    "load_pipeline",
    "reconstruct_images",
    "truncated_prompts",
]

_NEED_TORCH = {
    "describe_environment": "environment",
    "generate_images": "generating",
    "LoadedPipeline": "loading",
    "load_pipeline": "loading",
    "reconstruct_images": "reconstruct",
    "truncated_prompts": "text",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)
