"""A simulated reader at a real browser: it looks at the screen and presses keys."""

import io
import os
import re
import shutil
from typing import Any

import numpy as np

from config.demo.readers import Eye

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTH, HEIGHT = 1024, 768
PATIENCE_MS = 60_000


def find_chromium() -> str | None:
    """The Chromium of this machine; None where there is none, or where Playwright is not installed."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return None
    names = (os.environ.get("NEGATOSCOPE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def read_in_browser(chromium: str, link: str, eye: Eye) -> int:
    """Follow the personal link, consent, and read by keyboard to the end; returns how many cases were read."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        try:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.set_default_timeout(PATIENCE_MS)
            return _read(page, link, eye)
        finally:
            browser.close()


def _read(page: Any, link: str, eye: Eye) -> int:
    page.goto(link)
    if page.get_by_role("checkbox").count():
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Begin reading").click()
    number, total = _place(page)
    for case in range(number, total + 1):
        page.wait_for_function(
            "start => document.querySelector('[data-part=number]').textContent.startsWith(start)", arg=f"{case} of "
        )
        page.locator("#reading:not(.late)").wait_for(state="attached")
        for value in eye.judge(_screen(page)).values():
            page.keyboard.press(str(value))
        page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    return total - number + 1


def _place(page: Any) -> tuple[int, int]:
    """The number of the case on the screen, and of how many."""
    page.locator("#reading:not(.late)").wait_for(state="attached")
    words = re.match(r"(\d+) of (\d+)", page.locator("[data-part=number]").inner_text())
    assert words, "the reading page says which case it shows"
    return int(words.group(1)), int(words.group(2))


def _screen(page: Any) -> "np.ndarray[Any, Any]":
    """What stands where the picture is, as grey levels."""
    from PIL import Image

    shot = page.locator("[data-part=stage]").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L"))
