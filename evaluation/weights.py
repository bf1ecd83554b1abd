"""Which weights may be chosen on a page or through the API: published names, and folders of the configured roots.

The commands may name any folder; a visitor must not make the server read one of their choosing. Nothing here loads torch.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from evaluation.features import channels, dinov2, hf_folder, inception
from evaluation.features.base import BF16, ExtractorError
from evaluation.features.clip import CLIP, DUAL_ENCODER
from evaluation.features.kinds import ExtractorKind
from evaluation.features.open_clip_pair import OPEN_CLIP_CONFIG
from evaluation.features.options import MARK, split_options
from evaluation.features.registry import EXTRACTORS
from evaluation.features.xrv_folder import read_config

SEPARATOR = ":"
_BY_MODEL_TYPE = {CLIP: "clip", DUAL_ENCODER: "dual-encoder"}


def is_published(weights: str) -> bool:
    """Whether these weights have a name of their own in one of the kinds."""
    return any(weights in kind.published for kind in EXTRACTORS.values())


def resolve_weights(weights: str) -> str:
    """The weights as the extractor takes them: a relative folder is looked up beside the project; options stay behind them.

    A name that is no file here and looks like a repository of the hub (owner/name) stays as it is.
    """
    base, options = split_options(weights)
    return MARK.join((_resolved(base), *options))


def _resolved(weights: str) -> str:
    if not weights or weights.isdigit() or is_published(weights):
        return weights
    path = settings.BASE_DIR / weights
    return weights if hf_folder.HUB_ID.fullmatch(weights) and not path.exists() else str(path)


def own_weights() -> list[tuple[str, Path]]:
    """(kind, folder or file) of everything under CHECKPOINT_ROOTS that an extractor can open, by its configuration."""
    found = []
    for root in map(Path, settings.CHECKPOINT_ROOTS):
        for place in sorted(root.glob("*")):
            if kind := kind_of(place):
                found.append((kind, place))
    return found


def kind_of(place: Path) -> str:
    """Which extractor opens this folder or file; nothing for anything else. Only names and configurations are read."""
    if place.name == inception.FILE:
        return "inception"
    if (place / OPEN_CLIP_CONFIG).is_file():
        return "open-clip"
    if not (place / hf_folder.CONFIG).is_file():
        return ""
    try:
        model_type = hf_folder.model_type(place)
        if model_type in dinov2.MODEL_TYPES:
            is_rad_dino = dinov2.folder_spec(place, channels.DINOV2) == channels.RAD_DINO
            return "rad-dino" if is_rad_dino else "dinov2"
        if not model_type:
            read_config(place)
            return "xrv-densenet"
    except ExtractorError:
        return ""
    return _BY_MODEL_TYPE.get(model_type, "")


def weights_of_folder(folder: Path) -> str:
    """How a folder is written in a run: relative to the project where it lies in it."""
    return str(folder.relative_to(settings.BASE_DIR)) if folder.is_relative_to(settings.BASE_DIR) else str(folder)


def extractor_choices() -> list[tuple[str, str]]:
    """(value, label) of everything that can be chosen: own folders first, then published weights, then the trial one."""
    own = [
        (f"{kind}{SEPARATOR}{weights_of_folder(place)}", f"{place.name} ({_own_label(kind)})")
        for kind, place in own_weights()
    ]
    kinds = [kind for kind in EXTRACTORS.values() if kind.for_conclusions]
    published = [choice for kind in kinds for choice in _published_choices(kind)]
    trial = [(f"{kind.name}{SEPARATOR}", kind.title) for kind in EXTRACTORS.values() if not kind.for_conclusions]
    return own + published + trial


def _own_label(kind: str) -> str:
    return "classifier on this server" if kind == "xrv-densenet" else f"{EXTRACTORS[kind].title}, on this server"


def _published_choices(kind: ExtractorKind) -> list[tuple[str, str]]:
    """Each published name; the first also with each other preprocessing that it may have."""
    plain = [(f"{kind.name}{SEPARATOR}{name}", f"{kind.title}: {name}") for name in kind.published]
    other = [
        (f"{kind.name}{SEPARATOR}{name}{MARK}{option}", f"{kind.title}: {name}, preprocessing {option}")
        for name in kind.published[:1]
        for option in kind.preprocessings
    ]
    bare = [(f"{kind.name}{SEPARATOR}", kind.title)] if not kind.published and kind.name not in _NEEDS_FOLDER else []
    return plain + other + bare


# Kinds that open nothing without a folder: they are offered where a folder is found.
_NEEDS_FOLDER = frozenset(_BY_MODEL_TYPE.values())


def choice_to_extractor(choice: str) -> tuple[str, str]:
    """(extractor, weights) of a choice; each may be had in bf16. Raises ValidationError for anything that was not offered."""
    if choice.removesuffix(MARK + BF16) not in dict(extractor_choices()):
        raise ValidationError(f"{choice!r} is not offered here. Choose one of the listed extractors.")
    name, weights = choice.split(SEPARATOR, 1)
    return name, weights
