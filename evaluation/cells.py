"""Cells of a CSV file that a spreadsheet opens."""

from typing import Any

# A spreadsheet takes text that begins so for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """Text that would be run as a formula gets an apostrophe in front; numbers stay as they are, None is empty."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value
