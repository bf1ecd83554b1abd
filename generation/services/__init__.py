"""Writes of this app: registering checkpoints, importing prompts, starting and cancelling runs."""

from generation.services.checkpoints import (
    fetch_hub_checkpoint,
    publish_fetch,
    register_checkpoint,
    run_fetch,
    upload_checkpoint,
)
from generation.services.places import allowed_folder, folders_on_offer
from generation.services.prompts import import_prompt_set
from generation.services.runs import cancel_fetch, cancel_generation, republish_generation, start_generation

__all__ = [
    "allowed_folder",
    "cancel_fetch",
    "cancel_generation",
    "fetch_hub_checkpoint",
    "folders_on_offer",
    "import_prompt_set",
    "publish_fetch",
    "register_checkpoint",
    "republish_generation",
    "run_fetch",
    "start_generation",
    "upload_checkpoint",
]
