"""Mouse and touch as in a PACS."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.reading_server import ReadingServer
from tests.browser.room import Room

pytestmark = pytest.mark.browser


def drag(room: Room, dx: int, dy: int, button: Any = "left") -> None:
    """One drag from the middle of the picture."""
    mouse = room.page.mouse
    mouse.move(560, 450)
    mouse.down(button=button)
    mouse.move(560 + dx, 450 + dy, steps=4)
    mouse.up(button=button)
    room.picture()


def numbers(room: Room) -> tuple[float, float, float]:
    """Zoom, centre and width as they are shown."""
    found = re.search(r"([\d.]+)×\s+C (-?\d+)\s+W (\d+)", room.readout())
    assert found, room.readout()
    zoom, center, width = map(float, found.groups())
    return zoom, center, width


def test_a_left_drag_changes_width_across_and_level_down(room: Room) -> None:
    drag(room, -200, 100)
    zoom, center, width = numbers(room)
    assert (center, width) == (128 + 25, 256 - 50)  # a quarter of a grey level a pixel, at 8 bits
    assert zoom == pytest.approx(900 / 64, abs=0.01)


def test_a_right_drag_and_the_wheel_zoom_and_double_clicks_fit_or_reset(room: Room) -> None:
    fit = room.readout()
    drag(room, 0, -100, "right")
    assert numbers(room)[0] > 900 / 64
    room.page.mouse.dblclick(560, 450)
    room.picture()
    assert room.readout() == fit
    room.page.mouse.wheel(0, 100)
    room.picture()
    assert numbers(room)[0] < 900 / 64
    room.press("i")
    room.page.mouse.dblclick(560, 450, button="right")
    room.picture()
    assert room.readout() == fit


def test_the_wheel_keeps_what_is_under_the_pointer(room: Room) -> None:
    before = room.picture()
    room.page.mouse.move(400, 300)
    room.page.mouse.wheel(0, -100)
    assert abs(int(room.picture()[300, 400]) - int(before[300, 400])) <= 12


@pytest.mark.parametrize("held", ["", "Space", "Shift"])
def test_middle_space_and_shift_drags_pan(room: Room, held: str) -> None:
    before = room.picture()
    if held:
        room.page.keyboard.down(held)
    drag(room, 40, -30, "left" if held else "middle")
    if held:
        room.page.keyboard.up(held)
    assert (room.picture()[100:700, 300:800] == before[130:730, 260:760]).all()
    assert room.page.evaluate("scrollY") == 0


def test_one_finger_windows_and_two_fingers_zoom(browser: Browser, serve: Any) -> None:
    server: ReadingServer = serve()
    page = browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=True).new_page()
    room = Room(page, server).enter()
    touch(page, [[(500, 400)], [(560, 400)]])
    zoom, center, width = numbers(room)
    assert (zoom, center, width) == (pytest.approx(900 / 64, abs=0.01), 128, 256 + 15)
    touch(page, [[(500, 400), (600, 400)], [(450, 400), (650, 400)]])
    assert numbers(room)[0] == pytest.approx(2 * 900 / 64, rel=0.01)
    assert numbers(room)[1:] == (center, width)
    page.context.close()


def touch(page: Any, steps: list[list[tuple[int, int]]]) -> None:
    """Fingers that go down, move and leave."""
    session = page.context.new_cdp_session(page)
    for kind, points in [("touchStart", steps[0]), *(("touchMove", step) for step in steps[1:]), ("touchEnd", [])]:
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    page.wait_for_timeout(100)
