"""REST endpoints of this app, collected under /api/v1/ by config.api."""

from typing import Any

routes: list[tuple[str, Any]] = []
