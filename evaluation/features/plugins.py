"""Extractors that other installed packages bring, found by their entry point in the group `negatoscope.extractors`."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points

from evaluation.features.base import ExtractorError
from evaluation.features.kinds import ExtractorKind

GROUP = "negatoscope.extractors"


def plugin_extractors(known: Collection[str]) -> dict[str, ExtractorKind]:
    """The plug-ins' kinds by name, in the order of the entry points' names.

    An entry point names an ExtractorKind or a tuple of them; its module is imported with the pages, so it imports torch
    inside functions only. One that cannot be loaded is left out with a warning that names it; a name that exists already
    raises ExtractorError, because features of that name would mean two things.
    """
    found: dict[str, ExtractorKind] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        for kind in _load(point):
            if kind.name in known or kind.name in found:
                raise ExtractorError(
                    f"The plug-in {_described(point)} brings an extractor {kind.name!r} that exists already."
                )
            found[kind.name] = kind
    return found


def _load(point: EntryPoint) -> tuple[ExtractorKind, ...]:
    try:
        loaded = point.load()
        kinds = (loaded,) if isinstance(loaded, ExtractorKind) else tuple(loaded)
        if not all(isinstance(kind, ExtractorKind) for kind in kinds):
            raise TypeError("it is neither an ExtractorKind nor a tuple of them")
    except Exception as error:  # a plug-in may fail in any way; the others must still work
        warnings.warn(f"The plug-in {_described(point)} is left out: {error}", RuntimeWarning, stacklevel=2)
        return ()
    return kinds


def _described(point: EntryPoint) -> str:
    package = f" of {point.dist.name}" if point.dist else ""
    return f"{point.name} ({point.value}){package}"
