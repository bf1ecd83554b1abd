"""The reading page's viewer: key pressed -> next case painted, and one change of window -> painted.

    python benchmarks/viewer_paint.py [--cases 40] [--browser /usr/bin/chromium]

Enter is pressed on cases that are already answered and fetched; the time runs from the key event's own time stamp to the
message task after the next animation frame, when the paint is committed. A change of window is one pointer move of a
left drag. Budgets: a prefetched case p95 <= 100 ms, and median <= 50 ms at 2048 x 2048 16-bit on 2 cores without a GPU;
a repaint with another window <= 50 ms. Cold is the time without prefetching from a server on this machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

import numpy as np  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

TIMER = """
window.times = [];
for (const name of ["keydown", "pointermove"]) {
  addEventListener(name, (event) => {
    if (name === "keydown" ? event.key !== "Enter" : !event.buttons) return;
    const start = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => times.push(performance.now() - start);
      port2.postMessage(0);
    });
  }, true);
}
"""
LOADED = "document.querySelector('#reading:not(.late)')"


def settings() -> None:
    """Just enough Django to render the page: neither database nor broker."""
    import django
    from django.conf import settings

    folder = {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [ROOT / "templates"]}
    settings.configure(
        INSTALLED_APPS=["django.contrib.staticfiles"],
        STATICFILES_DIRS=[ROOT / "static"],
        STATIC_URL="/static/",
        TEMPLATES=[folder],
    )
    django.setup()


def serve(side: int, bits: int, cases: int) -> Any:
    """A reading page with noise pictures, so that nothing is cheap by being uniform."""
    from tests.browser.reading_server import ReadingServer, Study

    high = 2**bits
    dtype = np.uint8 if bits == 8 else np.uint16
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, high, (side, side), dtype) for _ in range(min(cases, 4))]
    frames = [pictures[i % len(pictures)] for i in range(cases)]
    return ReadingServer(Study(frames, window={"center": high / 2, "width": high}))


def enter(browser: Browser, url: str) -> Page:
    """The reading page with its first case painted, and a stopwatch on it."""
    page = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True).new_page()
    page.add_init_script(TIMER)
    page.goto(url)
    page.wait_for_function(LOADED)
    return page


def next_case(page: Page, cases: int) -> list[float]:
    """Milliseconds from Enter to the painted next case; every case is fetched before its Enter."""
    for number in range(2, cases):
        page.keyboard.press("3")
        page.keyboard.press("3")
        page.wait_for_timeout(250)
        page.keyboard.press("Enter")
        page.wait_for_function(f"times.length === {number - 1}")
    taken: list[float] = page.evaluate("times.splice(0)")
    return taken


def change_window(page: Page) -> list[float]:
    """Milliseconds from a pointer move to the repainted picture."""
    page.mouse.move(600, 500)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(600 + 4 * step, 500 + 3 * step)
        page.wait_for_function(f"times.length >= {step + 1}")
    page.mouse.up()
    taken: list[float] = page.evaluate("times.splice(0)")
    return taken


def row(name: str, times: list[float]) -> str:
    """One line of the table."""
    return f"{name:<44}{np.median(times):8.1f}{np.percentile(times, 95):8.1f}{max(times):8.1f}{len(times):6d}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--browser", default=os.environ.get("NEGATOSCOPE_CHROMIUM", "/usr/bin/chromium"))
    options = parser.parse_args()
    os.environ.setdefault("NEGATOSCOPE_HOME", tempfile.mkdtemp())
    settings()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before the start, 1600 x 1000 window, no GPU")
    print(f"{'milliseconds':<44}{'median':>8}{'p95':>8}{'max':>8}{'n':>6}")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=arguments)
        for side, bits in ((512, 8), (1024, 8), (2048, 16)):
            server = serve(side, bits, options.cases)
            page = enter(browser, server.url)
            print(
                row(f"next case, prefetched, {side} x {side}, {bits} bit", next_case(page, options.cases)), flush=True
            )
            print(row(f"change of window, {side} x {side}, {bits} bit", change_window(page)), flush=True)
            page.context.close()
            server.stop()
        browser.close()


if __name__ == "__main__":
    main()
