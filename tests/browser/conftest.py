"""A real Chromium, and a reading page to look at with it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.reading_server import ReadingServer, Study
from tests.browser.room import Room

CHROMIUM = os.environ.get("NEGATOSCOPE_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The Chromium of this machine, or Playwright's own where there is none."""
    found = {"executable_path": CHROMIUM} if Path(CHROMIUM).exists() else {}
    return {"headless": True, "args": ARGUMENTS, **found}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """The window of a common reading screen."""
    return {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """Every page notes what the content security policy stopped."""
    context.add_init_script(WATCH)
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that may neither throw nor break the content security policy."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    if not page.is_closed() and page.url.startswith("http"):
        errors += page.evaluate("window.violations ?? []")
    assert not errors


def noise(shape: tuple[int, int], dtype: type[np.unsignedinteger[Any]], seed: int) -> np.ndarray:
    """Pixels that use every value of the type."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., ReadingServer]]:
    """`serve(cases=5)`: a study of small noise pictures; or `serve(frames=[...], window=...)`."""
    servers: list[ReadingServer] = []

    def start(cases: int = 5, frames: list[np.ndarray] | None = None, **settings: Any) -> ReadingServer:
        frames = frames or [noise((64, 64), np.uint8, seed) for seed in range(cases)]
        settings.setdefault("window", {"center": 128, "width": 256})
        servers.append(ReadingServer(Study(frames, **settings)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def room(page: Page, serve: Callable[..., ReadingServer]) -> Room:
    """The reading room of a study of five cases, with its first case on the screen."""
    return Room(page, serve()).enter()
