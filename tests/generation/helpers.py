"""Rows that many tests of this folder need."""

from pathlib import Path
from typing import Any

from accounts.models import User, Workspace
from generation.models import Checkpoint, GenerationRun, PromptSet
from generation.services import import_prompt_set, register_checkpoint, start_generation

PROMPTS = b"prompt,findings,age,sex,view\nLeft effusion.,Effusion,64,F,PA\nNo acute finding.,No Finding,40,M,AP\n"
SETTINGS: dict[str, Any] = {"seeds_per_prompt": 2, "steps": 2, "guidance": 2.0, "size": 32, "batch_size": 4, "seed": 7}


def checkpoint_row(workspace: Workspace, folder: Path, user: User | None = None, name: str = "Tiny") -> Checkpoint:
    """The registered checkpoint."""
    return register_checkpoint(workspace=workspace, name=name, location=str(folder), user=user)


def prompt_set_row(workspace: Workspace, user: User | None = None, data: bytes = PROMPTS) -> PromptSet:
    """The imported prompts."""
    return import_prompt_set(workspace=workspace, name="Two prompts", data=data, user=user)


def run_row(workspace: Workspace, folder: Path, user: User | None = None, **changes: Any) -> GenerationRun:
    """A queued run of four pictures."""
    prompts = changes.pop("prompt_set", None) or prompt_set_row(workspace, user)
    checkpoint = changes.pop("checkpoint", None) or checkpoint_row(workspace, folder, user)
    return start_generation(checkpoint=checkpoint, prompt_set=prompts, user=user, **{**SETTINGS, **changes})
