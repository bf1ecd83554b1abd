"""What a reader does and sees in the reading room."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.reading_server import ReadingServer, Study


class Room:
    """The reading room in one tab."""

    def __init__(self, page: Page, server: ReadingServer) -> None:
        self.page = page
        self.server = server

    @property
    def study(self) -> Study:
        """What the server holds."""
        return self.server.study

    def enter(self) -> "Room":
        """Open the page (again) and wait for the picture."""
        self.page.goto(self.server.url)
        return self.seen()

    def seen(self) -> "Room":
        """Wait until a picture is on the screen."""
        expect(self.page.locator("#reading:not(.late)")).to_be_attached()
        return self

    def part(self, name: str) -> Locator:
        """A named part of the page."""
        return self.page.locator(f'[data-part="{name}"]')

    def press(self, *keys: str) -> None:
        """Keys, one after the other, as fast as a script can."""
        for key in keys:
            self.page.keyboard.press(key)

    def read(self, confidence: int, realism: int) -> None:
        """One case by keyboard: three keys."""
        self.press(str(confidence), str(realism), "Enter")

    def at(self, number: int) -> None:
        """Wait for case `number` to be the one on the screen."""
        expect(self.part("number")).to_have_text(re.compile(rf"^{number} of "))

    def saved(self) -> None:
        """Wait until the page says that nothing waits."""
        expect(self.part("save-state")).to_have_text("All saved")

    def chosen(self) -> list[str]:
        """The values of the radio buttons that are set."""
        values: list[str] = self.page.eval_on_selector_all(
            "input[type=radio]:checked", "all => all.map((one) => one.value)"
        )
        return values

    def readout(self) -> str:
        """Zoom and window, in words."""
        return self.part("readout").inner_text()

    def picture(self) -> np.ndarray:
        """What the screen shows where the picture is: uint8 [height, width], in device pixels."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return grey(self.part("stage").screenshot())


def grey(png: bytes) -> np.ndarray:
    """A screenshot that has no colour, as one channel."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]
