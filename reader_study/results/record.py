"""A JSON document whose members read like attributes, for pages and reports."""

from __future__ import annotations

from typing import Any


class Record(dict[str, Any]):
    """A dict whose members are attributes too; lists and dicts inside are wrapped when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        try:
            return wrapped(self[name])
        except KeyError as error:
            raise AttributeError(name) from error

    def __getitem__(self, name: str) -> Any:
        return wrapped(super().__getitem__(name))

    def items(self) -> Any:
        """Names and wrapped values."""
        return [(name, wrapped(value)) for name, value in super().items()]

    def values(self) -> Any:
        """Wrapped values."""
        return [wrapped(value) for value in super().values()]


def wrapped(value: Any) -> Any:
    """Dicts as records, in lists too; everything else as it is."""
    if isinstance(value, dict):
        return value if isinstance(value, Record) else Record(value)
    return [wrapped(item) for item in value] if isinstance(value, list) else value
