"""A pytest plugin that starts the real PostgreSQL and Valkey before Django reads its settings."""

import atexit
import os
import tempfile
from pathlib import Path

if "PYTEST_XDIST_WORKER" not in os.environ and "DATABASE_URL" not in os.environ:
    from embedded import EmbeddedServers

    _folder = tempfile.TemporaryDirectory(prefix="negatoscope-tests-", ignore_cleanup_errors=True)
    _home = Path(_folder.name)
    _servers = EmbeddedServers(_home, durable=False)
    _urls = _servers.start()
    atexit.register(_servers.stop)
    os.environ["NEGATOSCOPE_HOME"] = str(_home)
    os.environ["DATABASE_URL"] = _urls.database
    os.environ["BROKER_URL"] = _urls.broker
    os.environ["PLAIN_STATIC"] = "1"
