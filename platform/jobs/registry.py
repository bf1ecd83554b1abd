"""The kinds of runs there are, and how each is put back into its queue. Apps register theirs when they are ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.models import Run


@dataclass(frozen=True)
class RunKind:
    """A model of runs; `requeue(run)` publishes its work again, doing nothing to what is already done."""

    model: type[Run]
    requeue: Callable[[Any], None]


_kinds: dict[str, RunKind] = {}


def register(model: type[Run], requeue: Callable[[Any], None]) -> None:
    """Make a kind of run known to the sweeper and to the pages that list runs."""
    _kinds[model._meta.label] = RunKind(model, requeue)


def kinds() -> list[RunKind]:
    """Every registered kind, in order of registration."""
    return list(_kinds.values())
