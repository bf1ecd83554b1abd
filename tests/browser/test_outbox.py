"""No answer is lost and none is doubled: network loss, closed tabs, lost replies, restarts, sign-outs, two tabs."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.reading_server import ReadingServer, Study
from tests.browser.room import Room

pytestmark = pytest.mark.browser
Serve = Callable[..., ReadingServer]


def assert_each_answered_once(study: Study, cases: int) -> None:
    """Exactly one event for each of the first cases, in order."""
    assert [event["token"] for event in study.events] == study.tokens[:cases]


def leave(page: Page) -> None:
    """Close the tab as a person does."""
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def test_answers_survive_a_tab_that_is_closed_without_network(context: BrowserContext, room: Room) -> None:
    context.set_offline(True)
    room.read(1, 1)
    room.read(2, 2)
    leave(room.page)
    context.set_offline(False)
    again = Room(context.new_page(), room.server).enter()
    again.saved()
    again.at(3)
    assert_each_answered_once(room.study, 2)


def test_closing_the_tab_at_once_loses_nothing(context: BrowserContext, room: Room) -> None:
    room.read(4, 4)
    leave(room.page)
    again = Room(context.new_page(), room.server).enter()
    again.at(2)
    again.saved()
    assert_each_answered_once(room.study, 1)


def test_a_restart_of_the_server_is_no_concern_of_the_reader(room: Room) -> None:
    room.read(1, 1)
    room.saved()
    room.server.stop()
    room.read(2, 2)
    room.at(3)
    room.server.start()
    room.saved()
    room.read(3, 3)
    room.at(4)
    room.saved()
    assert_each_answered_once(room.study, 3)


def test_a_lost_sign_in_keeps_the_answers_and_says_what_to_do(room: Room) -> None:
    room.study.signed_out = True
    room.read(1, 1)
    expect(room.part("save-state")).to_have_text("Signed out (1 waiting)")
    expect(room.part("sign-in")).to_contain_text("Open your personal link again")
    room.read(2, 2)
    room.at(3)
    room.study.signed_out = False
    room.saved()
    expect(room.part("sign-in")).to_be_hidden()
    assert_each_answered_once(room.study, 2)


def test_one_answer_that_the_server_refuses_does_not_hold_up_the_others(context: BrowserContext, room: Room) -> None:
    context.set_offline(True)
    room.read(1, 1)
    room.read(2, 2)
    room.page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((one) => one.includes(":answer:"));
          const stranger = { at: 0, event: { ...JSON.parse(localStorage.getItem(key)).event, key: "k", token: "nobody" } };
          localStorage.setItem(key.replace(/:answer:.*/, ":answer:k"), JSON.stringify(stranger));
        }"""
    )
    context.set_offline(False)
    room.saved()
    expect(room.part("note")).to_contain_text("did not take one answer")
    assert_each_answered_once(room.study, 2)
    assert room.page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':aside:')).length") == 1


def test_a_long_queue_is_sent_in_calls_of_at_most_twenty(page: Page, serve: Serve) -> None:
    room = Room(page, serve(cases=45)).enter()
    prefix = "negatoscope:/read/study/answers:R01:answer:"
    answers = {"source_confidence": 1, "realism": 1}
    for at, token in enumerate(room.study.tokens):
        item = {"at": at, "event": {"key": f"{at:04d}", "token": token, "answers": answers}}
        page.evaluate("([key, item]) => localStorage.setItem(key, item)", [f"{prefix}{at:04d}", json.dumps(item)])
    page.goto(room.server.url)
    expect(page.get_by_role("heading")).to_have_text("Thank you. You have read every case.")
    assert max(room.study.posts) == 20
    assert_each_answered_once(room.study, 45)


def test_another_readers_queue_is_never_sent(page: Page, serve: Serve) -> None:
    room = Room(page, serve()).enter()
    page.evaluate(
        'localStorage.setItem(\'negatoscope:/read/study/answers:R02:answer:x\', \'{"at":0,"event":{"key":"x"}}\')'
    )
    room.enter().read(1, 1)
    room.saved()
    assert_each_answered_once(room.study, 1)
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes(':R02:')).length") == 1
