"""The two kinds of tasks, and the sweeper.

A task is an interface: it loads a row, calls one function, stores the outcome. Arguments are ids and nothing else.
"""

from collections.abc import Callable
from typing import Any

from celery import shared_task  # noqa: TID251  the one place where tasks are made
from celery.app.task import Task

from jobs.services import sweep_runs

Body = Callable[..., None]
# Task name -> queue, filled as tasks are declared.
QUEUES: dict[str, str] = {}


def cpu_task(body: Body) -> "Task[Any, None]":
    """Work for any worker: imports, statistics, housekeeping."""
    return _task(body, "cpu")


def gpu_task(body: Body) -> "Task[Any, None]":
    """Work for a worker that owns an accelerator (one process each); runs on the CPU where there is none."""
    return _task(body, "gpu")


def _task(body: Body, queue: str) -> "Task[Any, None]":
    QUEUES[f"{body.__module__}.{body.__name__}"] = queue
    declare = shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
    return declare(body)


def queue_of(name: str, *_: Any, **__: Any) -> dict[str, str] | None:
    """The router that Celery asks (CELERY_TASK_ROUTES): the queue that a task was declared for."""
    queue = QUEUES.get(name)
    return {"queue": queue} if queue else None


@cpu_task
def sweep() -> None:
    """Bring back the work of dead workers."""
    sweep_runs()
