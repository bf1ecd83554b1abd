"""What a radiograph is in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""One radiograph: rows x columns of grey levels, 0 black, the type's maximum white."""


def check_pixels(array: NDArray[Any]) -> Pixels:
    """Return `array`, a (height, width) uint8 or uint16 radiograph, or raise TypeError (a programming error)."""
    if array.ndim != 2 or array.dtype.kind != "u" or array.itemsize > 2 or array.size == 0:
        raise TypeError(f"a radiograph is a 2-D uint8 or uint16 array, not {array.dtype} of shape {array.shape}")
    return array
