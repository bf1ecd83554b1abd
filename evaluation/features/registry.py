"""The extractors by name. A new one is a file with an `open_...` function and its entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evaluation.features.base import Extractor, UnknownExtractor
from evaluation.features.random_densenet import open_random_densenet
from evaluation.features.xrv_folder import open_densenet_folder
from evaluation.features.xrv_hub import HUB_WEIGHTS, is_hub_name, open_hub_densenet


@dataclass(frozen=True)
class ExtractorKind:
    """What can be asked for: its title, what its weights may be, how it is opened, what it is for."""

    name: str
    title: str
    weights_help: str
    default_weights: str
    open: Callable[[str], Extractor]
    for_conclusions: bool = True


def _open_densenet(weights: str) -> Extractor:
    return open_hub_densenet(weights) if is_hub_name(weights) else open_densenet_folder(Path(weights))


_KINDS = (
    ExtractorKind(
        "xrv-densenet",
        "torchxrayvision DenseNet",
        f"One of {', '.join(HUB_WEIGHTS)}, or a folder with config.json and model.safetensors.",
        HUB_WEIGHTS[0],
        _open_densenet,
    ),
    ExtractorKind(
        "random-densenet",
        "small DenseNet with random weights (for trying the machinery only)",
        "A seed, or nothing.",
        "",
        open_random_densenet,
        for_conclusions=False,
    ),
)

EXTRACTORS: dict[str, ExtractorKind] = {kind.name: kind for kind in _KINDS}


def open_extractor(name: str, weights: str = "") -> Extractor:
    """The named extractor with its weights loaded. Raises ExtractorError with what to do."""
    if name not in EXTRACTORS:
        raise UnknownExtractor(f"There is no extractor {name!r}. Known: {', '.join(EXTRACTORS)}.")
    kind = EXTRACTORS[name]
    return kind.open(weights or kind.default_weights)
