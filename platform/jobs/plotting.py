"""matplotlib draws for one thread at a time.

Its settings belong to the whole process: of two pages that draw at once, each would take half of its look from the other one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any

_PEN = RLock()


@contextmanager
def drawing(settings: Mapping[str, Any]) -> Iterator[None]:
    """matplotlib to oneself, with these settings; may be entered again by the same thread."""
    from matplotlib import rc_context

    # The stub asks for its own list of keys; matplotlib checks them itself.
    with _PEN, rc_context(dict(settings)):
        yield
