"""Numbers as text: as many digits as their uncertainty carries."""

import math
from datetime import timedelta

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
# From here on nobody counts the digits any more.
TOO_LONG = 1e7
_RAISED = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


def decimals_for(low: float, high: float) -> int:
    """Decimals that show two significant digits of the half-width of [low, high], from 0 to 6.

    An interval of no width says nothing about precision: 3 decimals then.
    """
    half = abs(high - low) / 2
    if not math.isfinite(half) or half == 0:
        return 3
    return max(0, min(6, 1 - math.floor(math.log10(half))))


def significant(value: float, digits: int = 3) -> int:
    """Decimals that show `digits` significant digits of `value`, from 0 to 6."""
    if not math.isfinite(value) or value == 0:
        return 0
    return max(0, min(6, digits - 1 - math.floor(math.log10(abs(value)))))


def number_text(value: float | None, decimals: int | None = None) -> str:
    """`value` with a real minus sign and thin groups of thousands; a dash where there is none.

    Without `decimals`, whole numbers are written whole and others with 3 significant digits.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= TOO_LONG:
        return _scientific(value)
    if decimals is None:
        decimals = 0 if float(value).is_integer() else significant(value)
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):  # -0.00
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.2e}".split("e")
    power = str(int(exponent)).translate(_RAISED)
    return f"{mantissa}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}10{power}".replace("-", MINUS)


def percent_text(value: float | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as a percentage."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{number_text(value * 100, decimals)}\N{NO-BREAK SPACE}%"


def duration_text(span: timedelta | float | None) -> str:
    """A time span in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. Takes seconds, too."""
    if span is None:
        return MISSING
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 1:
        return "under 1 s"
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    largest = next(place for place, (_, size) in enumerate(units) if seconds >= size)
    parts = []
    for name, size in units[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}\N{NO-BREAK SPACE}{name}")
    return " ".join(parts)
