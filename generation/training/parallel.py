"""Several single-threaded processes share one training: far faster than threads on cores that others use, too.

Start them with `python -m torch.distributed.run --nproc-per-node 2 -m generation.training --threads 1`.
"""

import os
from collections.abc import Sequence

import torch
from torch import distributed, nn


def join() -> None:
    """Meet the other processes, where torch.distributed.run started several."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        distributed.init_process_group("gloo")


def rank() -> int:
    """This process's number; 0 reports and writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def share(indices: torch.Tensor) -> torch.Tensor:
    """This process's part of a batch."""
    return indices[rank() :: distributed.get_world_size()] if distributed.is_initialized() else indices


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes."""
    if not distributed.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    parts = torch.split_with_sizes(flat / distributed.get_world_size(), [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
