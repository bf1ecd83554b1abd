"""The whole way of a reader on the real site: link, consent, reading, answers in the database."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from reader_study import services
from reader_study.models import Reader, Reading, Study
from tests.browser.room import Room
from tests.reader_study import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class LiveServer:
    """The page of one reader's study on the live server, where `Room` looks for it."""

    def __init__(self, address: str, study: Study) -> None:
        self.url = f"{address}/read/{study.token}/"


@pytest.fixture
def study(workspace: Any, coordinator: Any) -> Study:
    """Two real and two synthetic cases, one of them shown twice to everybody."""
    return factories.build_open(workspace, coordinator, n=2)


@pytest.fixture
def link(live_server: Any, study: Study) -> str:
    """A new reader's personal link."""
    return live_server.url + services.invite_reader(study=study, user=None).path


@pytest.fixture
def room(page: Page, live_server: Any, study: Study, link: str) -> Room:
    """The reading room on the real site, entered as a reader enters it."""
    page.goto(link)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin reading").click()
    return Room(page, LiveServer(live_server.url, study)).seen()  # type: ignore[arg-type]


def answers_of(study: Study) -> list[dict[str, int]]:
    """What is stored, in reading order: one entry for every revision."""
    rows = Reading.objects.filter(presentation__reader__study=study).order_by("presentation__position", "revision")
    return list(rows.values_list("answers", flat=True))


def answer(confidence: int, realism: int) -> dict[str, int]:
    """As it is stored."""
    return {"source_confidence": confidence, "realism": realism}


def test_a_study_is_read_to_the_end_by_keyboard(room: Room, study: Study) -> None:
    total = Reader.objects.get(study=study).presentations.count()
    for number in range(1, total + 1):
        room.at(number)
        room.seen()
        room.read(1 + number % 6, 1 + number % 5)
    expect(room.page.get_by_role("heading")).to_have_text("Thank you. You have read every case.")
    assert answers_of(study) == [answer(1 + number % 6, 1 + number % 5) for number in range(1, total + 1)]


def test_a_reload_and_the_link_bring_the_reader_back(room: Room, study: Study, link: str) -> None:
    room.read(2, 3)
    room.seen().at(2)
    room.press("6")
    room.page.reload()
    room.seen().at(2)
    assert room.chosen() == ["6"]
    room.press("1", "Enter")
    room.at(3)
    room.saved()
    room.page.goto(link)
    room.seen().at(3)
    assert answers_of(study) == [answer(2, 3), answer(6, 1)]


def test_reading_without_network_stores_each_answer_once(context: BrowserContext, room: Room, study: Study) -> None:
    room.page.wait_for_load_state("networkidle")
    context.set_offline(True)
    for number in (1, 2, 3):
        room.at(number)
        room.seen()
        room.read(number, number)
    expect(room.part("save-state")).to_have_text("Offline (3 waiting)")
    assert answers_of(study) == []
    context.set_offline(False)
    room.at(4)
    room.seen()
    room.saved()
    assert answers_of(study) == [answer(1, 1), answer(2, 2), answer(3, 3)]


def test_an_answer_whose_reply_is_lost_is_stored_once(room: Room, study: Study) -> None:
    def lose(route: Any) -> None:
        route.fetch()
        route.abort()
        room.page.unroute("**/answers")

    room.page.route("**/answers", lose)
    room.read(4, 4)
    room.at(2)
    expect(room.part("save-state")).to_have_text("Offline (1 waiting)")
    room.saved()
    assert answers_of(study) == [answer(4, 4)]


def test_two_tabs_answer_each_case_once(context: BrowserContext, room: Room, study: Study) -> None:
    other = Room(context.new_page(), room.server).enter()
    room.read(1, 1)
    other.seen().at(2)
    other.read(2, 2)
    room.at(3)
    room.saved()
    other.saved()
    assert answers_of(study) == [answer(1, 1), answer(2, 2)]


def test_a_pause_leads_to_its_page_and_loses_nothing(room: Room, study: Study) -> None:
    room.read(1, 1)
    room.at(2)
    room.saved()
    services.pause_study(study=study, user=None)
    room.read(2, 2)
    expect(room.part("note")).to_contain_text("The study is paused")
    room.page.reload()
    expect(room.page.get_by_role("heading")).to_have_text("The study is paused.")
    services.open_study(study=study, user=None)
    room.page.get_by_role("link", name="Look again").click()
    room.seen().at(3)
    room.saved()
    assert answers_of(study) == [answer(1, 1), answer(2, 2)]
