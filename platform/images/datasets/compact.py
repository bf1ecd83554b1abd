"""Hundreds of thousands of identifiers, each with a small number, in about 16 bytes an entry."""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def short_digest(text: str) -> int:
    """64 bits that stand for a text. Among a million texts two share them with a chance of 3 in 100 million."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big")


class CompactMap:
    """From texts to numbers of up to 32 bits. Of a text that comes twice, the first number counts."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        keys, values = array("Q"), array("I")
        for text, value in pairs:
            keys.append(short_digest(text))
            values.append(value)
        order = np.argsort(np.frombuffer(keys, np.uint64) if keys else np.zeros(0, np.uint64), kind="stable")
        self._keys: NDArray[np.uint64] = np.asarray(keys, np.uint64)[order]
        self._values: NDArray[np.uint32] = np.asarray(values, np.uint32)[order]

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, text: str) -> int | None:
        """The number of a text; None where it is not there."""
        key = short_digest(text)
        at = bisect_left(self._keys, key)
        return int(self._values[at]) if at < len(self._keys) and self._keys[at] == key else None
