"""The embedded servers start on real sockets, survive a kill -9 of their starter, and stop with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import EmbeddedServers, known_urls

ROOT = Path(__file__).resolve().parents[2]
STARTER = """
import sys, time
from pathlib import Path
from embedded import EmbeddedServers
EmbeddedServers(Path(sys.argv[1]), durable=False).start()
print("ready", flush=True)
time.sleep(600)
"""


def broker(home: Path) -> "redis.Redis":
    return redis.Redis(unix_socket_path=known_urls(home).broker.removeprefix("redis+socket://"))


def test_start_use_stop_and_start_again(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "home"):
        with psycopg.connect(known_urls(tmp_path / "home").database) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        assert broker(tmp_path / "home").ping()
        assert (tmp_path / "home" / "servers.json").stat().st_mode & 0o077 == 0
    with EmbeddedServers(tmp_path / "home"), psycopg.connect(known_urls(tmp_path / "home").database) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_second_start_takes_over_what_a_killed_starter_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(home)], stdout=subprocess.PIPE, env=environment)
    assert starter.stdout is not None and starter.stdout.readline() == b"ready\n"
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    with EmbeddedServers(home, durable=False):
        assert broker(home).ping()
        with psycopg.connect(known_urls(home).database) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    time.sleep(0.2)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(known_urls(home).database, connect_timeout=2)


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20) / ("er" * 20)
    home.mkdir(parents=True)
    with EmbeddedServers(home, durable=False):
        assert broker(home).ping()
