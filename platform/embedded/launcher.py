"""Starting everything in order, and stopping all of it: servers, migrations, then the programs of the Procfile."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from embedded.servers import EmbeddedServers

ROOT = Path(__file__).resolve().parents[2]
# What `once` needs beside the demonstration itself.
WORKERS = ("worker", "gpu")


class Launcher:
    """The platform of one checkout, with its data in `NEGATOSCOPE_HOME` (`var/` by default)."""

    def __init__(self) -> None:
        self.home = Path(os.environ.get("NEGATOSCOPE_HOME", ROOT / "var")).resolve()
        # The programs of this Python come first, whether or not its environment is activated.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.environment = {**os.environ, "NEGATOSCOPE_HOME": str(self.home), "PATH": path, "PYTHONUNBUFFERED": "1"}

    def up(self, *, demo: bool) -> int:
        """Serve until Ctrl-C, with the demonstration beside it when asked."""
        if demo:
            self.environment["NEGATOSCOPE_DEMO"] = "1"
        with self.servers():
            if (status := self.prepare()) != 0:
                return status
            helper = self.start("manage.py", "demo", "--serving") if demo else None
            try:
                return self.serve()
            finally:
                _stop([helper] if helper else [])

    def once(self, words: Sequence[str] = ()) -> int:
        """Run the demonstration to its end with workers beside it; `words` are its options, its exit status is ours."""
        self.environment["NEGATOSCOPE_DEMO"] = "1"
        with self.servers():
            if (status := self.prepare()) != 0:
                return status
            workers = [self.start(*self.procfile()[name].split()) for name in WORKERS]
            try:
                return self.call("manage.py", "demo", "--once", *words)
            finally:
                _stop(workers)

    def run(self, words: Sequence[str]) -> int:
        """Run one command beside the servers."""
        if not words:
            sys.stderr.write("Say which command to run, for example: python -m embedded run manage.py shell\n")
            return 2
        with self.servers():
            return self.call(*words)

    @contextlib.contextmanager
    def servers(self) -> Iterator[None]:
        """The embedded servers, where no others are named in the environment."""
        if "DATABASE_URL" in os.environ and "BROKER_URL" in os.environ:
            yield
            return
        # Ctrl-C reaches the whole group; a terminate signal reaches only us, and must stop the rest just the same.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        if (self.home / "servers.json").exists() and _answers(self.home):
            yield
            return
        with EmbeddedServers(self.home) as _:
            yield

    def prepare(self) -> int:
        """Migrate the database and gather the static files."""
        return self.call("manage.py", "migrate", "--verbosity", "0") or self.call(
            "manage.py", "collectstatic", "--no-input", "--verbosity", "0"
        )

    def serve(self) -> int:
        """The programs of the Procfile, until Ctrl-C or until one of them ends."""
        from honcho.manager import Manager

        manager = Manager()
        for name, command in self.procfile().items():
            manager.add_process(name, command, env=self.environment, cwd=str(ROOT), quiet=False)
        manager.loop()
        # Ctrl-C is how one leaves: no error.
        return 0 if manager.returncode in (None, 0, 130, -2, -15) else int(manager.returncode)

    def procfile(self) -> dict[str, str]:
        """Program names and their command lines."""
        lines = (ROOT / "Procfile").read_text().splitlines()
        pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
        return {name.strip(): command.strip() for name, command in pairs}

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start one program in a group of its own, so that Ctrl-C reaches it through us alone."""
        return subprocess.Popen(self._words(words), cwd=ROOT, env=self.environment, start_new_session=True)

    def call(self, *words: str) -> int:
        """Run one program to its end; its exit status."""
        return subprocess.call(self._words(words), cwd=ROOT, env=self.environment)

    def _words(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, *words] if words[0] == "manage.py" else list(words)


def _answers(home: Path) -> bool:
    """Whether the servers that `home` speaks of are really there."""
    import psycopg

    from embedded.servers import known_urls

    try:
        psycopg.connect(known_urls(home).database, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(programs: "Sequence[subprocess.Popen[bytes]]", patience: float = 10.0) -> None:
    """Ask, wait, then insist."""
    for program in programs:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGTERM)
    end = time.monotonic() + patience
    for program in programs:
        try:
            program.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
