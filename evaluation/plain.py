"""Numbers as JSON has words for them."""

from __future__ import annotations

import math
from typing import Any


def finite(value: Any) -> Any:
    """The value with NumPy scalars as Python's and NaN or infinity, which JSON has no word for, as None."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
