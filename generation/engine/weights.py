"""Read what a safetensors file says of itself, and whether it tells the truth.

Format: https://huggingface.co/docs/safetensors - 8 bytes little-endian header length, a JSON header that gives each
tensor's dtype, shape and byte range, then the bytes. Nothing here needs torch.
"""

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from generation.engine.errors import BrokenWeights

#: bits of one element
DTYPE_BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64,
}  # fmt: skip
MAX_HEADER: Final = 100_000_000


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file: its name, element type and shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_header(path: Path) -> list[Tensor]:
    """Tensors of a safetensors file, in file order.

    Raises BrokenWeights when the file is truncated, longer than its header says, or its header is not sound
    (unknown element type, byte ranges that overlap, leave gaps, or do not match the shape).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length_bytes = file.read(8)
        if len(length_bytes) < 8:
            raise BrokenWeights(f"{path.name} is cut off: {size} bytes are no safetensors file. Copy it again.")
        (length,) = struct.unpack("<Q", length_bytes)
        if length > min(MAX_HEADER, size - 8):
            raise BrokenWeights(f"{path.name} is cut off or no safetensors file: its header does not fit into it.")
        header = _parse(path.name, file.read(length))
    return _check_ranges(path.name, header, size - 8 - length)


def _parse(name: str, raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BrokenWeights(f"{name}: the header is not JSON; this is no safetensors file.") from error
    if not isinstance(header, dict):
        raise BrokenWeights(f"{name}: the header is not an object; this is no safetensors file.")
    header.pop("__metadata__", None)
    return header


def _check_ranges(name: str, header: dict[str, Any], available: int) -> list[Tensor]:
    entries = sorted((_entry(name, key, value) for key, value in header.items()), key=lambda e: (e[1], e[2]))
    position = 0
    for tensor, begin, end in entries:
        bits = DTYPE_BITS[tensor.dtype] * tensor.size
        if begin != position or (end - begin) * 8 != bits:
            raise BrokenWeights(f"{name}: the header's byte range of {tensor.name!r} does not match its shape.")
        position = end
    if position > available:
        raise BrokenWeights(
            f"{name} is cut off: its header promises {position:,} bytes of weights, the file holds {available:,}. "
            "Copy or download it again."
        )
    if position < available:
        raise BrokenWeights(f"{name} holds {available - position:,} bytes that its header does not name.")
    return [tensor for tensor, _, _ in entries]


def _entry(name: str, key: str, value: Any) -> tuple[Tensor, int, int]:
    try:
        dtype, shape = value["dtype"], tuple(value["shape"])
        begin, end = value["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise BrokenWeights(f"{name}: the header's entry of {key!r} is not sound.") from error
    numbers = (*shape, begin, end)
    if dtype not in DTYPE_BITS or not all(type(n) is int and n >= 0 for n in numbers) or end < begin:
        raise BrokenWeights(f"{name}: the header's entry of {key!r} is not sound.")
    return Tensor(key, dtype, shape), begin, end
