"""The default services: a real PostgreSQL and a real Valkey from their wheels, on Unix sockets, with no account to make.

`DATABASE_URL` and `BROKER_URL` replace them on larger installations.
"""

from embedded.servers import EmbeddedServers, ServerUrls, known_urls

__all__ = ["EmbeddedServers", "ServerUrls", "known_urls"]
