"""What a drawing of a score card is: a picture and the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.models import Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Drawing:
    """A figure. It exists where its table has rows.

    ``title``: its heading; ``caption``: how to read it; ``header``, ``rows``: its table; ``paint``: draws it on an empty figure;
    ``axis``: beside which scores it stands; ``supplement``: shown folded, with the caption saying why.
    """

    title: str
    caption: str
    header: tuple[str, ...]
    rows: Callable[[Sequence[Score]], list[Row]]
    paint: Callable[[Figure, Sequence[Score]], None]
    axis: str = "overview"
    supplement: bool = False
