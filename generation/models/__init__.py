"""Checkpoints, prompts, and the runs that make pictures of them."""

from generation.models.checkpoints import Checkpoint, CheckpointFetch
from generation.models.prompts import Prompt, PromptSet
from generation.models.runs import GeneratedImage, GenerationChunk, GenerationRun

__all__ = [
    "Checkpoint",
    "CheckpointFetch",
    "GeneratedImage",
    "GenerationChunk",
    "GenerationRun",
    "Prompt",
    "PromptSet",
]
