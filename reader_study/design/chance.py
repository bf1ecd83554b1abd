"""Permutations from a recorded seed that anybody can recompute, in any language, for ever."""

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def _draw(seed: str, purpose: str, name: str) -> bytes:
    return hashlib.sha256("\n".join((seed, purpose, name)).encode()).digest()


def shuffled(items: Iterable[T], *, seed: str, purpose: str, name: Callable[[T], str] = str) -> list[T]:
    """Return `items` sorted by SHA-256 of seed, purpose and name, joined by line feeds, as UTF-8.

    The order of `items` plays no part, nor does any library's random generator. `purpose` keeps two permutations of
    the same names from being the same; `name` must differ between items.
    """
    return sorted(items, key=lambda item: _draw(seed, purpose, name(item)))


def pick(count: int, *, seed: str, purpose: str, name: str) -> int:
    """Return one of 0 ... count - 1, each as likely: the digest of `shuffled` as a number, modulo `count`."""
    return int.from_bytes(_draw(seed, purpose, name)) % count
