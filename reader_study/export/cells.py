"""One cell of a CSV file: safe in a spreadsheet, exact on the way back."""

from datetime import datetime

Cell = str | int | float | bool | datetime | None

# A spreadsheet runs a cell that begins like this as a formula; the quote mark itself is guarded to stay reversible.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")


def cell_text(value: Cell) -> str:
    """Text of a cell: booleans as 0 and 1, times in ISO 8601, missing as empty; text that a spreadsheet would run
    gets a leading apostrophe (numbers do not: -1.5 stays -1.5)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return "" if value != value else repr(float(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return f"'{value}" if value.startswith(_DANGEROUS) else value


def unquoted(text: str) -> str:
    """The text before `cell_text` made it safe."""
    return text[1:] if text.startswith("'") else text
