"""A reader at work: keys, answers, coming back, and a page that carries nothing over."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from reader_study.questions import finding_question, question_for_browser
from tests.browser.reading_server import QUESTIONS, ReadingServer
from tests.browser.room import Room

pytestmark = pytest.mark.browser
Serve = Callable[..., ReadingServer]


def test_what_is_stored_of_a_reading(room: Room) -> None:
    room.press("i", "+", "+", "Shift+Digit2")
    room.page.wait_for_timeout(50)
    room.read(5, 3)
    room.saved()
    [event] = room.study.events
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", event["key"])
    assert event["answers"] == {"source_confidence": 5, "realism": 3}
    assert event["tools"] == {"invert": 1, "zoom": 2, "preset": 1}
    shown = event["window"]
    assert shown["inverted"] and shown["width"] < 256
    assert (shown["dpr"], shown["canvas"]) == (1, [1120, 900])
    assert shown["scale"] == pytest.approx(900 / 64 * 1.25**2)
    assert 50 <= event["active_ms"] <= event["total_ms"]
    assert event["first_paint_ms"] >= 0


def test_enter_goes_on_only_when_every_question_is_answered(room: Room) -> None:
    room.press("4", "Enter")
    expect(room.part("note")).to_have_text("Answer the marked question first.")
    expect(room.page.locator("fieldset.marked legend")).to_have_text(QUESTIONS[1]["text"])
    room.at(1)
    room.press("2", "Enter")
    room.at(2)
    expect(room.part("note")).to_be_empty()


def test_arrows_move_between_questions_and_digits_answer_the_marked_one(room: Room) -> None:
    room.press("ArrowDown", "5", "6")
    assert room.chosen() == ["6", "5"]
    room.press("ArrowUp", "2")
    assert room.chosen() == ["2", "5"]
    room.press("ArrowDown", "6", "9")  # realism has five choices
    assert room.chosen() == ["2", "5"]


def test_a_finding_is_answered_by_the_digit_of_its_value(page: Page, serve: Serve) -> None:
    asked = finding_question("Pleural Effusion")
    finding = question_for_browser(asked["slug"], asked["text"], "choice", list(asked["choices"]))
    room = Room(page, serve(questions=[*QUESTIONS, finding])).enter()
    room.press("5", "3", "2", "0")
    assert room.chosen() == ["5", "3", "0"]
    room.press("ArrowDown", "1", "Enter")
    room.at(2)
    room.read(2, 4)
    room.press("0", "Enter")
    room.at(3)
    room.saved()
    told = [event["answers"]["finding_pleural_effusion"] for event in room.study.events]
    assert told == [1, 0]


def test_the_mouse_alone_is_enough_and_a_double_click_answers_once(room: Room) -> None:
    room.page.get_by_label("Probably synthetic").check()
    room.page.get_by_label("Very realistic").check()
    room.page.get_by_role("button", name="Confirm").dblclick()
    room.at(2)
    room.saved()
    assert [event["answers"] for event in room.study.events] == [{"source_confidence": 5, "realism": 4}]
    assert room.chosen() == []


def test_keys_that_are_held_down_do_not_run_ahead(room: Room) -> None:
    for key in ("4", "4", "4", "Enter", "Enter"):
        room.page.keyboard.down(key)
    room.at(1)
    assert room.chosen() == ["4"]


def test_every_case_starts_at_fit_and_the_default_window(room: Room) -> None:
    first = room.readout()
    room.press("i", "p", "Shift+Digit3", "+")
    assert room.readout() != first
    room.read(2, 2)
    room.at(2)
    assert room.readout() == first
    assert room.chosen() == []
    expect(room.page.locator("fieldset.marked legend")).to_have_text(QUESTIONS[0]["text"])


def test_the_previous_case_can_be_answered_anew(room: Room) -> None:
    room.read(1, 1)
    room.at(2)
    room.press("3", "PageUp")
    room.at(1)
    assert room.chosen() == ["1", "1"]
    room.press("ArrowUp", "6", "Enter")
    room.at(2)
    assert room.chosen() == ["3"]  # what was begun is still there
    room.saved()
    assert [event["answers"]["source_confidence"] for event in room.study.events] == [1, 6]
    assert {event["token"] for event in room.study.events} == {room.study.tokens[0]}


def test_the_previous_case_is_there_after_a_reload_but_not_the_one_before(room: Room) -> None:
    room.read(1, 2)
    room.at(2)
    room.read(3, 4)
    room.at(3)
    room.saved()
    room.enter().press("PageUp")
    room.at(2)
    room.seen()
    assert room.chosen() == ["3", "4"]
    expect(room.page.get_by_role("button", name="Previous")).to_be_disabled()


def test_a_reload_keeps_a_half_given_answer_and_its_time(room: Room) -> None:
    room.press("5")
    room.page.wait_for_timeout(300)
    room.enter()
    assert room.chosen() == ["5"]
    room.press("1", "Enter")
    room.saved()
    assert room.study.events[0]["answers"] == {"source_confidence": 5, "realism": 1}
    assert room.study.events[0]["total_ms"] >= 300


def test_looking_and_touching_tools_sends_nothing(room: Room) -> None:
    room.press("i", "f", "p", "Backspace", "5")
    room.page.mouse.wheel(0, 200)
    room.page.wait_for_timeout(300)
    assert room.study.posts == []


def test_a_late_picture_shows_a_thin_bar_and_the_clock_waits(page: Page, serve: Serve) -> None:
    room = Room(page, serve(cases=3, frame_delay=0.8))
    page.goto(room.server.url)
    expect(page.locator(".late-bar")).to_be_visible()
    expect(page.get_by_label("Definitely real")).to_be_disabled()
    room.press("1", "1", "Enter")  # nothing to judge yet
    room.seen()
    assert room.chosen() == []
    room.read(2, 2)
    room.saved()
    [event] = room.study.events
    assert event["first_paint_ms"] >= 500
    assert event["total_ms"] < 800


def test_help_names_every_key_and_closes_by_escape(room: Room) -> None:
    actions = room.page.evaluate(
        "async () => Object.values((await import('/static/reading/keys.js')).BINDINGS).concat('rate', 'preset')"
    )
    room.press("?")
    expect(room.page.get_by_role("dialog")).to_be_visible()
    rows = room.page.eval_on_selector_all("[data-key-action]", "rows => rows.map((row) => row.dataset.keyAction)")
    assert sorted(rows) == sorted(set(actions))
    room.press("1")  # not an answer while the help is open
    room.press("Escape")
    expect(room.page.get_by_role("dialog")).to_be_hidden()
    assert room.chosen() == []


def test_single_character_keys_can_be_switched_off_and_the_sides_swapped(room: Room) -> None:
    stage = room.part("stage")
    room.press("?")
    room.page.get_by_label("Switch off single-character keys").check()
    room.page.get_by_label("Questions on the left").check()
    room.press("Escape")
    room.enter()
    room.press("5", "i")
    assert room.chosen() == [] and "inverted" not in room.readout()
    box = stage.bounding_box()
    assert box and box["x"] == 320
    assert room.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_small_window_and_a_small_picture_are_pointed_out(room: Room, serve: Serve) -> None:
    room.page.set_viewport_size({"width": 1000, "height": 680})
    expect(room.part("warnings")).to_contain_text("smaller than 1024 × 700")
    room.page.set_viewport_size({"width": 1440, "height": 900})
    expect(room.part("warnings")).to_be_empty()


def test_the_page_is_dark_before_its_files_arrive_and_its_greys_stay_dim(context: BrowserContext, room: Room) -> None:
    page = room.page
    shown = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert shown == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    head = page.evaluate("[...document.head.children].map((one) => one.outerHTML)")
    names = " ".join(head[: next(i for i, one in enumerate(head) if "stylesheet" in one) + 1])
    assert 'name="color-scheme" content="dark"' in names
    assert brightest_of_panel(room) <= 0.26


def brightest_of_panel(room: Room) -> float:
    """The highest relative luminance (WCAG 2.2) of any pixel of the panel."""
    import io

    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(room.page.locator(".panel").screenshot())) as picture:
        part = np.asarray(picture.convert("RGB")) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float((linear @ [0.2126, 0.7152, 0.0722]).max())


def test_no_token_is_on_the_page(room: Room) -> None:
    room.read(3, 3)
    room.at(2)
    assert not [token for token in room.study.tokens if token in room.page.content()]


def test_the_form_speaks_to_assistive_technology(room: Room) -> None:
    page = room.page
    for question in QUESTIONS:
        group = page.get_by_role("group", name=question["text"])
        assert group.get_by_role("radio").count() == len(question["choices"])
    expect(page.get_by_role("application", name="Radiograph 1 of 5")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Cases read")).to_be_visible()
    expect(room.part("save-state")).to_have_role("status")
    expect(room.part("spoken")).to_have_text(re.compile("Fit"))
