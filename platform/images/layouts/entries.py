"""What a folder turns out to hold."""

from collections import Counter
from dataclasses import dataclass, field

from images.attributes import Attributes
from images.pixels import Pixels


@dataclass(frozen=True)
class Listed:
    """A file that should be an image, and what is said of it beside the file."""

    file: str
    attributes: Attributes = Attributes()


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Listing:
    """Everything to go through, in order, and remarks with how often each applies."""

    entries: list[Listed | Refusal]
    notes: Counter[str] = field(default_factory=Counter)
