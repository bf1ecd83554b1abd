"""The greys on the screen: exact at 1:1, no added noise when a picture is shrunk."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserType, expect

from tests.browser.conftest import ARGUMENTS, noise
from tests.browser.reading_server import ReadingServer
from tests.browser.room import Room

pytestmark = pytest.mark.browser

WINDOWS = {8: [(128.0, 256.0), (90.5, 61.0)], 16: [(32768.0, 65536.0), (20000.0, 9001.0)]}
TYPES = {8: np.uint8, 16: np.uint16}
Serve = Callable[..., ReadingServer]


def voi(x: np.ndarray, center: float, width: float) -> np.ndarray:
    """The linear VOI function on stored values, as the requirements state it."""
    t = (x - (center - 0.5 - (width - 1) / 2)) / (width - 1)
    return np.floor(255 * np.clip(t, 0, 1) + 0.5).astype(np.uint8)


def area_average(x: np.ndarray, scale: float) -> np.ndarray:
    """Means over the squares of side 1/scale, by the weights with which each covers the pixels."""

    def weights(size: int) -> np.ndarray:
        edges = np.minimum(np.arange(round(size * scale) + 1) / scale, size)
        cover = np.minimum(edges[1:, None], np.arange(1, size + 1)) - np.maximum(edges[:-1, None], np.arange(size))
        return np.clip(cover, 0, None) / np.diff(edges)[:, None]

    return weights(x.shape[0]) @ x @ weights(x.shape[1]).T


def centred(screen: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The part of the screen where a picture of this many device pixels lies."""
    top, left = ((have - want + 1) // 2 for have, want in zip(screen.shape, shape, strict=True))
    return screen[top : top + shape[0], left : left + shape[1]]


def show(browser: Browser, server: ReadingServer, **settings: Any) -> Room:
    """The study's first case, in a context of its own."""
    page = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | settings).new_page()
    return Room(page, server).enter()


def assert_exact(browser: Browser, server: ReadingServer, dpr: float) -> None:
    """Every pixel of the frame with both windows, and inverted."""
    frame = server.study.frames[0]
    room = show(browser, server, device_scale_factor=dpr, viewport={"width": 800, "height": 600})
    for center, width in WINDOWS[frame.itemsize * 8]:
        server.study.window = {"center": center, "width": width}
        room.enter().press("p")
        expected = voi(frame.astype(float), center, width)
        np.testing.assert_array_equal(centred(room.picture(), frame.shape), expected)
    room.press("i")
    np.testing.assert_array_equal(centred(room.picture(), frame.shape), 255 - expected)
    room.page.context.close()


@pytest.mark.parametrize("dpr", [1, 1.5, 2])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_pixel_is_exact_at_one_to_one(browser: Browser, serve: Serve, bits: int, dpr: float) -> None:
    assert_exact(browser, serve(frames=[noise((500, 402), TYPES[bits], seed=bits)]), dpr)


def test_a_picture_larger_than_the_window_is_exact_after_a_pan(browser: Browser, serve: Serve) -> None:
    frame = noise((1400, 1600), np.uint16, seed=3)
    room = show(browser, serve(frames=[frame], window={"center": 20000, "width": 9001}))
    room.press("p")
    room.page.mouse.move(500, 400)
    room.page.mouse.down(button="middle")
    room.page.mouse.move(617, 331)
    room.page.mouse.up(button="middle")
    screen = room.picture()
    top, left = 250 + 69, 240 - 117  # half of what does not fit, less the pan
    part = frame[top : top + 900, left : left + screen.shape[1]]
    np.testing.assert_array_equal(screen, voi(part.astype(float), 20000, 9001))


def test_pixels_are_exact_on_a_scaled_display_without_any_3d_interface(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], serve: Serve
) -> None:
    arguments = [*ARGUMENTS, "--disable-3d-apis", "--force-device-scale-factor=1.5"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})
    assert_exact(browser, serve(frames=[noise((300, 300), np.uint16, seed=5)]), dpr=1.5)
    browser.close()


@pytest.mark.parametrize(("bits", "side"), [(8, 1024), (16, 2048), (8, 1601)])
def test_fitting_averages_areas_and_adds_no_noise(browser: Browser, serve: Serve, bits: int, side: int) -> None:
    middle, spread = 2 ** (bits - 1), 2 ** (bits - 4)
    frame = np.random.default_rng(7).normal(middle, spread, (side, side)).clip(0, 2**bits - 1).astype(TYPES[bits])
    room = show(browser, serve(frames=[frame], window={"center": middle, "width": 2**bits}))
    shown = centred(room.picture(), (900, 900)).astype(float)
    expected = voi(area_average(frame.astype(float), 900 / side), middle, 2**bits)
    assert np.abs(shown - expected).max() <= 1
    assert shown.std() == pytest.approx(expected.std(), rel=0.02)


def test_enlarging_interpolates_between_pixel_centres(browser: Browser, serve: Serve) -> None:
    frame = np.tile(np.linspace(0, 255, 30).astype(np.uint8), (30, 1))
    shown = centred(show(browser, serve(frames=[frame])).picture(), (900, 900)).astype(float)
    places = np.clip((np.arange(900) + 0.5) / 30 - 0.5, 0, 29)
    expected = voi(np.interp(places, np.arange(30), frame[0].astype(float)), 128, 256)
    assert np.abs(shown - expected).max() <= 1


def test_the_picture_takes_three_quarters_of_the_height_and_black_surrounds_it(browser: Browser, serve: Serve) -> None:
    room = show(browser, serve(frames=[np.full((512, 512), 255, np.uint8)]))
    screen = room.picture()
    assert (screen.max(axis=1) == 255).sum() >= 0.75 * 900
    assert set(np.unique(screen)) == {0, 255}
    expect(room.part("warnings")).to_be_empty()
