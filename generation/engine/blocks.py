"""Why a picture does not depend on its batch: the shape in which it is computed never changes.

Convolutions and matrix products choose their kernels by the shape of the whole batch, and two kernels add the same
numbers in different orders. A picture computed in a batch of 3 and in a batch of 8 therefore differs in the last bit of
a float, and now and then in a grey level. With one and the same shape, the same kernels run, and each row of the batch
is added up in the same order wherever it stands and whatever stands beside it (tests/generation checks all of this).

So pictures are computed in blocks of a fixed size, the last one filled up with copies that are thrown away; each block
on a CPU is computed by one thread, because the number of threads changes the order of additions, too. More cores, and a
larger batch, mean more blocks at once, and the pixels stay the same.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def block_size(device_type: str, width: int, height: int) -> int:
    """Pictures that are computed together: a function of device type and picture size (pixels), nothing else."""
    area = width * height
    if device_type == "cuda":
        return 16 if area <= 512 * 512 else 4 if area <= 1024 * 1024 else 1
    return 8 if area <= 128 * 128 else 4 if area <= 256 * 256 else 1


def blocks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive blocks of at most `size` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def filled(block: Sequence[Item], size: int) -> list[Item]:
    """`block`, filled up to `size` with copies of its last item."""
    return [*block, *([block[-1]] * (size - len(block)))]
