"""The reading page's viewer: key pressed -> next case painted, and one change of window -> painted.

    python benchmarks/viewer_paint.py [--cases 40] [--browser /usr/bin/chromium]

Enter is pressed on cases that are already answered and fetched; the time runs from the key event's own time stamp to the
message task after the next animation frame, when the paint is committed. A change of window is one pointer move of a
left drag. Budgets: a prefetched case p95 <= 100 ms, and median <= 50 ms at 2048 x 2048 16-bit on 2 cores without a GPU;
a repaint with another window <= 50 ms.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
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


class Stopwatch:
    """Milliseconds of some acts: by the clock to the paint, and of the page's main thread alone (little moved by load)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.clock: list[float] = []
        self.thread: list[float] = []

    def thread_time(self) -> float:
        """Seconds that the main thread has worked."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "ThreadTime")

    def time(self, act: Callable[[], None]) -> None:
        """Do it once and wait for its paint."""
        before = self.thread_time()
        act()
        self.page.wait_for_function("times.length > 0")
        self.thread.append(1000 * (self.thread_time() - before))
        self.clock += self.page.evaluate("times.splice(0)")[:1]

    def row(self, name: str) -> str:
        """One line of the table."""
        low, middle, high = np.percentile(self.clock, [0, 50, 95])
        return f"{name:<44}{low:8.1f}{middle:8.1f}{high:8.1f}{np.median(self.thread):8.1f}{len(self.clock):6d}"


def next_case(page: Page, cases: int) -> Stopwatch:
    """Enter to the painted next case; every case is fetched before its Enter."""
    watch = Stopwatch(page)
    for _ in range(2, cases):
        page.keyboard.press("3")
        page.keyboard.press("3")
        page.wait_for_timeout(250)
        watch.time(lambda: page.keyboard.press("Enter"))
    return watch


def change_window(page: Page) -> Stopwatch:
    """One pointer move of a left drag to the repainted picture."""
    watch = Stopwatch(page)
    page.mouse.move(600, 500)
    page.mouse.down()
    for step in range(1, 41):
        place = (600 + 4 * step, 500 + 3 * step)
        watch.time(lambda place=place: page.mouse.move(*place))  # type: ignore[misc]
    page.mouse.up()
    return watch


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
    print(f"{'milliseconds':<44}{'least':>8}{'median':>8}{'p95':>8}{'thread':>8}{'n':>6}")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=arguments)
        for side, bits in ((512, 8), (1024, 8), (2048, 16)):
            server = serve(side, bits, options.cases)
            page = enter(browser, server.url)
            picture = f"{side} x {side}, {bits} bit"
            print(next_case(page, options.cases).row(f"next case, prefetched, {picture}"), flush=True)
            print(change_window(page).row(f"change of window, {picture}"), flush=True)
            page.context.close()
            server.stop()
        browser.close()


if __name__ == "__main__":
    main()
