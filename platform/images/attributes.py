"""What is known of a radiograph besides its pixels, read from the ways in which people write it down. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_AGE = 120
_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\d{1,4})(?:\.\d*)?\s*([YMWD]?)", re.IGNORECASE)
_SEXES = {"f": "F", "female": "F", "w": "F", "m": "M", "male": "M"}
MAX_LENGTH = {"caption": 10_000, "finding": 100, "patient": 200, "group": 200, "view": 20}


@dataclass(frozen=True)
class Attributes:
    """What a source says of one image; empty where it says nothing.

    uncertain: findings of which the source says neither yes nor no. `notes` name what was not understood.
    """

    findings: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    patient: str = ""
    age: int | None = None
    sex: str = ""
    view: str = ""
    caption: str = ""
    group: str = ""
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=1000)
def parse_age(text: str) -> int | None:
    """Completed years from "58", "58.0", "058Y", "018M", "006W" or "012D" (DICOM PS3.5, AS); else None.

    None, too, above 120 years: public label tables contain ages such as 411.
    """
    match = _AGE.fullmatch(text.strip())
    if match is None:
        return None
    years = int(int(match[1]) * _UNITS[match[2].upper() or "Y"])
    return years if years <= MAX_AGE else None


def parse_sex(text: str) -> str:
    """F or M from the usual spellings in any case; "" for anything else."""
    return _SEXES.get(text.strip().lower(), "")


def parse_findings(text: str) -> tuple[str, ...]:
    """Findings separated by "|" or ";", each once, in the order given; () where nothing is known.

    Raises ValueError for a finding of more than 100 characters.
    """
    words = (limited(word, "finding") for word in re.split(r"[|;]", text))
    return tuple(dict.fromkeys(word for word in words if word))


def limited(text: str, kind: str) -> str:
    """`text` on one line without control characters; ValueError where it is longer than its `kind` may be."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    cleaned = " ".join(text.split())
    if len(cleaned) > MAX_LENGTH[kind]:
        raise ValueError(f"its {kind} has {len(cleaned)} characters; the limit is {MAX_LENGTH[kind]}")
    return cleaned


def attributes_from_text(
    *,
    findings: str = "",
    patient: str = "",
    age: str = "",
    sex: str = "",
    view: str = "",
    caption: str = "",
    group: str = "",
) -> Attributes:
    """Read the cells of one row. What cannot be understood is left empty and named in `notes`.

    Raises ValueError for a cell that is too long to be what its column says.
    """
    years, letter = parse_age(age), parse_sex(sex)
    unread = [("age", age, years is None), ("sex", sex, not letter)]
    return Attributes(
        findings=parse_findings(findings),
        patient=limited(patient, "patient"),
        age=years,
        sex=letter,
        view=limited(view, "view").upper(),
        caption=limited(caption, "caption"),
        group=limited(group, "group"),
        notes=tuple(f"{name} not understood, left empty" for name, text, failed in unread if text.strip() and failed),
    )
