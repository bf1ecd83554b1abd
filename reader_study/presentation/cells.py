"""Numbers of the results as the text of cells and sentences."""

from __future__ import annotations

from typing import Any

from accounts.numerals import MISSING, number_text
from reader_study.analysis.methods import METHODS
from reader_study.presentation.blocks import Bar, Cell

PERCENT = "\N{NO-BREAK SPACE}%"
POINTS = " points"


def value_of(found: Any) -> float | None:
    """The number of an Estimate, a SingleArm or a Difference in plain form; None of None."""
    if found is None:
        return None
    value: float | None = found["value"] if "value" in found else found["estimate"]
    return value


def estimate(found: Any, *, factor: float = 1.0, decimals: int = 2, unit: str = "", note: str = "") -> Cell:
    """An estimate with its interval; "not estimable" and the reason where there is none."""
    value = value_of(found)
    if value is None:
        reason = " ".join(found["warnings"]) if found is not None and found.get("warnings") else ""
        return Cell("not estimable", note=reason, muted=True)
    text = f"{number_text(factor * value, decimals)}{unit}"
    inside = found["interval"]
    if inside is None:
        return Cell(text, note=note)
    low, high = (number_text(factor * inside[end], decimals) for end in ("low", "high"))
    return Cell(text, f"{low} to {high}", note)


def share(found: Any, note: str = "") -> Cell:
    """A proportion in percent."""
    return estimate(found, factor=100.0, decimals=1, unit=PERCENT, note=note)


def points(found: Any, note: str = "") -> Cell:
    """A difference of proportions in percentage points."""
    return estimate(found, factor=100.0, decimals=1, note=note)


def bar(found: Any, start: float, end: float, reference: float | None = None) -> Cell:
    """The drawing of an estimate."""
    value = value_of(found)
    if value is None:
        return Cell("")
    inside = found["interval"] or {"low": None, "high": None}
    return Cell("", bar=Bar(value, inside["low"], inside["high"], start, end, reference))


def number(value: float | None, decimals: int | None = None, unit: str = "") -> Cell:
    """A plain number."""
    return Cell(MISSING, muted=True) if value is None else Cell(f"{number_text(value, decimals)}{unit}")


def p_text(value: float | None) -> str:
    """A p-value as journals print it: three decimals, "< 0.001" below."""
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def p(value: float | None) -> Cell:
    """A p-value."""
    return Cell(p_text(value), muted=value is None)


def p_equals(value: float | None) -> str:
    """The same within a sentence: "p = 0.012", "p < 0.001"."""
    text = p_text(value)
    return (f"p {text}" if text.startswith("<") else f"p = {text}").replace(" ", "\N{NO-BREAK SPACE}")


def in_words(cell: Cell, level: float = 0.95) -> str:
    """An estimate within a sentence: "64.7 % (95 % interval 56.1 to 73.2)"."""
    return f"{cell.text} ({100 * level:g}{PERCENT} interval {cell.bounds})" if cell.bounds else cell.text


def method_title(name: str) -> str:
    """The printed name of a method."""
    return METHODS[name].title if name in METHODS else name


def first_upper(text: str) -> str:
    """The text with a capital letter; the rest as it is."""
    return text[:1].upper() + text[1:]


def plural(count: int, noun: str) -> str:
    """ "1 reader", "2 readers"."""
    return f"{number_text(count)} {noun}{'' if count == 1 else 's'}"
