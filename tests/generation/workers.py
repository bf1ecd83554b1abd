"""Real Celery workers on the tests' own database and a broker of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection
from kombu import Connection

from generation.tasks import generate_chunk

ROOT = Path(__file__).resolve().parents[2]
# Another database number of the same Valkey: messages of tests that run beside this one stay out of it.
BROKER_DATABASE = 7


def broker_url() -> str:
    """The broker of these workers alone."""
    url = settings.CELERY_BROKER_URL
    return f"{url}?virtual_host={BROKER_DATABASE}" if "socket" in url else f"{url.rstrip('/')}/{BROKER_DATABASE}"


def publish(run_id: str) -> None:
    """What `generate_chunk.delay` does, to that broker."""
    with Connection(broker_url()) as broker:
        generate_chunk.apply_async([run_id], connection=broker)


def empty_queue() -> None:
    """Forget messages of earlier tests."""
    with Connection(broker_url()) as broker:
        broker.default_channel.client.flushdb()


class Worker:
    """A worker process for the gpu queue; what it prints goes to `log`."""

    def __init__(self, log: Path, *, stale_seconds: int) -> None:
        database = connection.settings_dict
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
            "BROKER_URL": broker_url(),
            "STORAGE_URL": f"file://{settings.STORAGES['default']['OPTIONS']['location']}",
            "RUN_STALE_SECONDS": str(stale_seconds),
            "OMP_NUM_THREADS": "1",
        }
        command = [
            "worker",
            "-Q",
            "gpu",
            "-c",
            "1",
            "--loglevel",
            "INFO",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", *command],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9: the worker and its child processes get no chance to say anything."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
