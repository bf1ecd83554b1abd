"""Which weights may be chosen on a page or through the API: published names, and folders of the configured roots.

The commands may name any folder; a visitor must not make the server read one of their choosing.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from evaluation.features.base import ExtractorError
from evaluation.features.registry import EXTRACTORS
from evaluation.features.xrv_folder import CONFIG, read_config
from evaluation.features.xrv_hub import HUB_WEIGHTS, is_hub_name

SEPARATOR = ":"


def resolve_weights(weights: str) -> str:
    """The weights as the extractor takes them: a relative folder is looked up beside the project."""
    if not weights or is_hub_name(weights) or weights.isdigit():
        return weights
    path = Path(weights)
    return str(path if path.is_absolute() else settings.BASE_DIR / path)


def classifier_folders() -> list[Path]:
    """Folders under CHECKPOINT_ROOTS that hold a usable classifier."""
    found = []
    for root in settings.CHECKPOINT_ROOTS:
        for config in sorted(Path(root).glob(f"*/{CONFIG}")):
            try:
                read_config(config.parent)
            except ExtractorError:
                continue
            found.append(config.parent)
    return found


def weights_of_folder(folder: Path) -> str:
    """How a folder is written in a run: relative to the project where it lies in it."""
    return str(folder.relative_to(settings.BASE_DIR)) if folder.is_relative_to(settings.BASE_DIR) else str(folder)


def extractor_choices() -> list[tuple[str, str]]:
    """(value, label) of everything that can be chosen: own classifiers first, then published weights, then the trial one."""
    own = [
        (f"xrv-densenet{SEPARATOR}{weights_of_folder(folder)}", f"{folder.name} (classifier on this server)")
        for folder in classifier_folders()
    ]
    hub = [(f"xrv-densenet{SEPARATOR}{name}", f"torchxrayvision {name}") for name in HUB_WEIGHTS]
    trial = [(f"{kind.name}{SEPARATOR}", kind.title) for kind in EXTRACTORS.values() if not kind.for_conclusions]
    return own + hub + trial


def choice_to_extractor(choice: str) -> tuple[str, str]:
    """(extractor, weights) of a choice. Raises ValidationError for anything that was not offered."""
    if choice not in dict(extractor_choices()):
        raise ValidationError(f"{choice!r} is not offered here. Choose one of the listed extractors.")
    name, weights = choice.split(SEPARATOR, 1)
    return name, weights
