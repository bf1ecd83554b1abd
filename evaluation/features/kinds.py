"""What can be asked for: one entry a kind of network, with all that a list of them says before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.features.base import Extractor


def _always(weights: str) -> bool:
    return True


@dataclass(frozen=True)
class ExtractorKind:
    """A kind of network. Nothing here imports torch: pages list the kinds.

    open: takes weights, gives the opened extractor, raises ExtractorError with what to do. is_here: whether these weights
    are on this machine. published: weights that may be named, the first being usual. preprocessings: names that may be
    asked for in place of the usual one, as in "densenet121-res224-all+roentgen-xrv-v1".
    """

    name: str
    title: str
    weights_help: str
    default_weights: str
    open: Callable[[str], Extractor]
    for_conclusions: bool = True
    published: tuple[str, ...] = ()
    preprocessings: tuple[str, ...] = ()
    is_here: Callable[[str], bool] = _always
    reads_text: bool = False
    features: str = ""
    input: str = ""
    scaling: str = ""
    licence: str = ""
    how_to_get: str = ""
