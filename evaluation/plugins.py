"""What other installed packages bring to a registry, found by their entry points. Pure: no Django."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar


class Named(Protocol):
    """An entry of a registry."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


def load_plugins(group: str, kind: type[Entry], known: Collection[str], error: type[Exception]) -> dict[str, Entry]:
    """The entries that plug-ins bring, by name, in the order of the entry points' names.

    An entry point names one `kind` or a tuple of them. One that cannot be loaded is left out with a warning that names it; a
    name that is `known` already raises `error`, because scores or features of that name would mean two things.
    """
    found: dict[str, Entry] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        for entry in _load(point, kind):
            if entry.name in known or entry.name in found:
                raise error(
                    f"The plug-in {_described(point)} brings the {kind.__name__} {entry.name!r}, which exists already."
                )
            found[entry.name] = entry
    return found


def _load(point: EntryPoint, kind: type[Entry]) -> tuple[Entry, ...]:
    try:
        loaded = point.load()
        entries = (loaded,) if isinstance(loaded, kind) else tuple(loaded)
        if not all(isinstance(entry, kind) for entry in entries):
            raise TypeError(f"it is neither a {kind.__name__} nor a tuple of them")
    except Exception as error:  # a plug-in may fail in any way; the others must still work
        warnings.warn(f"The plug-in {_described(point)} is left out: {error}", RuntimeWarning, stacklevel=3)
        return ()
    return entries


def _described(point: EntryPoint) -> str:
    package = f" of {point.dist.name}" if point.dist else ""
    return f"{point.name} ({point.value}){package}"
