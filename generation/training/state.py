"""Training that can be stopped at any moment and taken up again."""

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW

from .parallel import average_gradients, rank

SAVE_EVERY_SECONDS = 180


@dataclass
class Stage:
    """One network's training: its optimiser, its schedule, and the file that holds both between runs."""

    path: Path
    modules: dict[str, nn.Module]
    steps: int
    rate: float
    step: int = 0
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        parameters = [
            parameter for name, module in self.modules.items() if name != "ema" for parameter in module.parameters()
        ]
        self.optimizer = AdamW(parameters, lr=self.rate, betas=(0.9, 0.99), weight_decay=1e-3)
        self._parameters = parameters
        self._saved = time.monotonic()
        if self.path.exists():
            self._load()

    @property
    def finished(self) -> bool:
        return self.step >= self.steps

    def remaining(self) -> Iterator[int]:
        """The steps still to be taken; the state is saved every few minutes and at the end."""
        while not self.finished:
            yield self.step
            self.step += 1
            if self.finished or time.monotonic() - self._saved > SAVE_EVERY_SECONDS:
                self.save()

    def advance(self, loss: torch.Tensor) -> None:
        """One optimiser step at the scheduled rate, its gradient norm clipped to 1; a gradient that is not finite is skipped."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        average_gradients(self._parameters)
        if not torch.isfinite(nn.utils.clip_grad_norm_(self._parameters, 1.0)):
            return
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * self.schedule()
        self.optimizer.step()
        self.losses.append(float(loss.detach()))

    def schedule(self) -> float:
        warm = min(1.0, (self.step + 1) / (0.03 * self.steps + 1))
        return warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * self.step / self.steps)))

    def recent(self, count: int = 50) -> float:
        """Mean loss of the last steps."""
        return sum(self.losses[-count:]) / max(1, len(self.losses[-count:]))

    def save(self) -> None:
        """Write everything that going on needs; the file is replaced only when the new one is whole."""
        self._saved = time.monotonic()
        if rank() != 0:
            return
        state: dict[str, Any] = {name: module.state_dict() for name, module in self.modules.items()}
        state |= {"optimizer": self.optimizer.state_dict(), "step": self.step, "losses": self.losses}
        unfinished = self.path.with_suffix(".part")
        torch.save(state, unfinished)
        os.replace(unfinished, self.path)

    def _load(self) -> None:
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(state[name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.losses = state["step"], state["losses"]


def batch_indices(count: int, batch: int, step: int, seed: int) -> torch.Tensor:
    """Which of `count` examples step `step` sees: a function of its arguments, so that a resumed run sees the same."""
    per_epoch = count // batch
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 7919 + step // per_epoch))
    start = step % per_epoch * batch
    return order[start : start + batch]
