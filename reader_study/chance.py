"""Where a study's secrets, seeds and times come from: the operating system, unless a test says otherwise.

Everything random that a reader could ever see, and every moment that is shown to one, is taken from here. The proofs of
blinding replay the same session twice; they replace the source with `replaced_by(...)` and can then demand equality to
the byte.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from django.utils import timezone


class Chance(Protocol):
    """A source of randomness and of time."""

    def token(self) -> str:
        """256 random bits as 43 characters that are safe in an address."""

    def nonce(self) -> str:
        """256 random bits as 64 hexadecimal digits."""

    def now(self) -> datetime:
        """The present moment."""


class System:
    """The operating system's randomness and clock."""

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def nonce(self) -> str:
        return secrets.token_hex(32)

    def now(self) -> datetime:
        return timezone.now()


_system = System()
_source: ContextVar[Chance | None] = ContextVar("chance", default=None)


def _in_use() -> Chance:
    return _source.get() or _system


def token() -> str:
    """A new secret or address."""
    return _in_use().token()


def nonce() -> str:
    """A new nonce or seed."""
    return _in_use().nonce()


def now() -> datetime:
    """The present moment."""
    return _in_use().now()


@contextmanager
def replaced_by(source: Chance) -> Iterator[None]:
    """Within the block, take everything from `source`. For tests only."""
    reset = _source.set(source)
    try:
        yield
    finally:
        _source.reset(reset)
