"""What of a collection is wanted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

UNCERTAIN = ("ignore", "zeros", "ones")
STRATA = ("finding", "sex", "age_band", "view")
ALLOCATIONS = ("proportional", "equal")


OPTION_TITLES = {
    "uncertain": "Uncertain labels",
    "labels": "Label table",
    "splits": "Parts",
    "views": "Views",
    "sample": "Images drawn",
    "seed": "Seed of the draw",
    "by": "Drawn by",
    "allocation": "Allocation",
    "one_per_patient": "One image per patient",
}


class OptionError(ValueError):
    """A choice that a layout does not offer; `name` is the option, the message says what it offers."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class ReadingOptions:
    """Choices for reading a collection.

    uncertain: what becomes of a label of -1: "ignore" keeps it apart as uncertain (U-Ignore), "zeros" takes it for
        absent (U-Zeros), "ones" for present (U-Ones); names as in Irvin et al. 2019 (arXiv:1901.07031).
    labels: which of several label tables; "" = the first that the collection names.
    splits, views: only these; () = all.
    sample: that many images, drawn before any picture is read; 0 = all. seed, by, allocation, one_per_patient: how.
    """

    uncertain: str = "ignore"
    labels: str = ""
    splits: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    sample: int = 0
    seed: int = 0
    by: tuple[str, ...] = ()
    allocation: str = "proportional"
    one_per_patient: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            usual: Any = field.default
            if type(value) is not type(usual) or (usual == () and not all(isinstance(word, str) for word in value)):
                raise OptionError(field.name, f"{field.name} cannot be {value!r:.100}.")
        _one_of("uncertain", self.uncertain, UNCERTAIN)
        _one_of("allocation", self.allocation, ALLOCATIONS)
        for name in self.by:
            _one_of("by", name, STRATA)
        if self.sample < 0:
            raise OptionError("sample", "The number of images to draw cannot be negative.")

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults."""
        default = ReadingOptions()
        own = {name: value for name, value in asdict(self).items() if value != getattr(default, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in own.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ReadingOptions":
        """The inverse of `as_json`; OptionError for what cannot be."""
        known = {field.name for field in fields(cls)}
        for name in stored:
            if name not in known:
                raise OptionError(name, f"There is no option {name}.")
        own: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return cls(**own)


def _one_of(name: str, value: str, offered: tuple[str, ...]) -> None:
    if value not in offered:
        raise OptionError(name, f"{value} is not one of {', '.join(offered)}.")


def words(text: str) -> tuple[str, ...]:
    """Comma-separated words, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


EVERYTHING = ReadingOptions()
