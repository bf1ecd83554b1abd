"""What a folder turns out to hold."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from images.attributes import Attributes
from images.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that should be an image, what is said of it beside the file, and the part of its collection it is in."""

    file: str
    attributes: Attributes = Attributes()
    split: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not taken in, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Picture:
    """A file that was taken in."""

    file: str
    pixels: Pixels
    attributes: Attributes


Entry = Listed | Refusal


@dataclass(frozen=True)
class Listing:
    """Everything to go through, in the same order every time, read anew from the tables at each walk.

    walk: yields the entries, and counts remarks into the counter while it goes.
    """

    walk: Callable[[Counter[str]], Iterator[Entry]]

    def __iter__(self) -> Iterator[Entry]:
        return self.walk(Counter())
