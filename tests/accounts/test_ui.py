"""The small pieces of pages."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.paginator import Paginator
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone

from accounts import numerals
from accounts.places import places_for
from accounts.policy import ROLE_ACTIONS, Action, Role
from accounts.templatetags import ui


@pytest.mark.parametrize(
    ("low", "high", "decimals"),
    [
        (11.1, 13.9, 1),
        (0.55, 0.67, 3),
        (0.4, 0.8, 2),
        (900, 1100, 0),
        (0.0001, 0.0003, 5),
        (1, 1, 3),
        (float("nan"), 1, 3),
    ],
)
def test_two_digits_of_the_half_width_are_shown(low: float, high: float, decimals: int) -> None:
    assert numerals.decimals_for(low, high) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (None, None, "–"),
        (float("inf"), None, "–"),
        (1234567, None, "1,234,567"),
        (-0.001, 2, "0.00"),
        (-3.14159, 2, "−3.14"),
        (0.012345, None, "0.0123"),
        (0, None, "0"),
        (505_014_178_360_859, 0, "5.05\u00a0×\u00a010¹⁴"),
        (-1.3e-7 * 1e15, None, "−1.30\u00a0×\u00a010⁸"),
    ],
)
def test_numbers_are_written_with_sensible_digits(value: float | None, decimals: int | None, text: str) -> None:
    assert numerals.number_text(value, decimals) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0.2, "under 1 s"),
        (45, "45\xa0s"),
        (200, "3\xa0min 20\xa0s"),
        (timedelta(hours=2), "2\xa0h"),
        (timedelta(days=3, hours=4, minutes=59), "3\xa0d 4\xa0h"),
        (None, "–"),
    ],
)
def test_spans_are_written_in_their_two_largest_units(span: timedelta | float | None, text: str) -> None:
    assert numerals.duration_text(span) == text


def test_shares_are_percentages() -> None:
    assert (ui.percent(0.256), ui.percent(0.256, 1), ui.percent(None)) == ("26\xa0%", "25.6\xa0%", "–")


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5\xa0min ago"),
        (timedelta(minutes=59, seconds=45), "1\xa0h ago"),
        (timedelta(hours=23, minutes=50), "1\xa0day ago"),
        (timedelta(days=3), "3\xa0days ago"),
        (-timedelta(days=7), "in 7\xa0days"),
        (-timedelta(seconds=20), "in a moment"),
    ],
)
def test_times_are_relative(ago: timedelta, text: str) -> None:
    now = timezone.now()
    assert ui.relative_text(now - ago, now) == text


def test_the_exact_time_is_one_hover_away() -> None:
    moment = datetime(2026, 3, 12, 9, 5, 7, tzinfo=UTC)
    assert 'datetime="2026-03-12T09:05:07+00:00" title="12 Mar 2026, 09:05:07 UTC"' in ui.when(moment)
    assert ui.when(None) == "–"


def test_a_hash_is_short_and_copied_whole() -> None:
    html = ui.short_hash("5f2a91c07be3" + "0" * 52)
    assert ">5f2a91c07be3<" in html
    assert f'data-copy="5f2a91c07be3{"0" * 52}"' in html
    assert ui.short_hash("") == "–"


def test_an_interval_is_text_with_digits_from_its_width() -> None:
    html = ui.interval(12.3456, 11.1, 13.9)
    assert "<b>12.3</b>" in html
    assert "11.1 to 13.9" in html
    assert "to" not in ui.interval(0.5, None, None).replace("bounds", "")
    assert "<b>–</b>" in ui.interval(None)


def test_an_interval_is_drawn_with_attributes_alone() -> None:
    html = ui.interval_bar(0.5, 0.25, 2.0, 0.0, 1.0, reference=0.5)
    assert 'x1="32.0" x2="116.0"' in html  # what lies beyond the axis ends at its end
    assert 'class="reference" x1="60.0"' in html
    assert "style" not in html
    assert ui.interval_bar(None, None, None) == ""


def test_shares_outside_0_to_1_stay_in_their_bar() -> None:
    assert 'width="96.0"' in ui.share_bar(1.7)
    assert 'class="fill" width="0.0"' in ui.share_bar(float("nan"))


@pytest.mark.parametrize(
    ("state", "look"), [("running", "info"), ("failed", "bad"), ("succeeded", "ok"), ("queued", "")]
)
def test_states_are_badges(state: str, look: str) -> None:
    run = SimpleNamespace(state=state, get_state_display=state.title)
    assert f'class="badge {look}">{state}<' in ui.state_badge(run)


def test_a_run_without_a_known_end_moves() -> None:
    run = SimpleNamespace(state="running", done=3, total=0, get_state_display=lambda: "Running")
    assert "value=" not in ui.run_bar(run)
    run.total = 12
    assert 'value="3" max="12"' in ui.run_bar(run)


def render(source: str, query: str = "", **context: object) -> str:
    request = RequestFactory().get(f"/list/{query}")
    request.user = AnonymousUser()
    SessionMiddleware(lambda _: None).process_request(request)
    MessageMiddleware(lambda _: None).process_request(request)
    return Template("{% load ui %}" + source).render(RequestContext(request, {"request": request, **context}))


def test_a_column_head_sorts_turns_and_forgets_the_page() -> None:
    head = '{% sort_header "name" "Name" %}'
    assert 'href="?q=a&amp;sort=name"' in render(head, "?q=a&page=3")
    down = render(head, "?sort=name")
    assert 'aria-sort="ascending"' in down
    assert 'href="?sort=-name"' in down
    assert 'aria-sort="descending"' in render(head, "?sort=-name")


def test_what_comes_from_people_is_escaped() -> None:
    nasty = '"><script>'
    assert "<script>" not in ui.short_hash(nasty)
    assert "<script>" not in ui.bar(1, 2, nasty)
    assert "<script>" not in render("{% secret value %}", value=nasty)


def test_pages_keep_the_rest_of_the_query() -> None:
    page = Paginator(range(1000), 10).page(50)
    html = render('{% include "_pagination.html" %}', "?q=lung&page=50", page=page)
    assert "491–500 of 1000" in html
    assert 'href="?q=lung&amp;page=51"' in html
    assert list(ui.page_numbers(page)) == [1, None, 49, 50, 51, None, 100]


def test_places_follow_from_what_is_allowed() -> None:
    def titles(role: Role) -> set[str]:
        groups = places_for({action.value for action in ROLE_ACTIONS[role]}, "/runs/")
        return {place.title for group in groups for place in group.places}

    assert "Audit log" in titles(Role.MANAGER)
    assert "Members" not in titles(Role.RESEARCHER)
    assert "Checkpoints" not in titles(Role.STATISTICIAN)


def test_the_current_place_is_marked() -> None:
    groups = places_for({Action.VIEW_RUNS.value}, "/runs/5/")
    assert [place.title for group in groups for place in group.places if place.current] == ["Generation runs"]


def progress(**facts: object) -> str:
    run = SimpleNamespace(
        **{
            "state": "running",
            "get_state_display": lambda: "Running",
            "is_finished": False,
            "message": "denoising",
            "done": 3,
            "total": 12,
            "eta": timedelta(minutes=2),
            "attempt": 1,
            "cancel_requested": False,
            "finished_at": None,
            "error": "",
            **facts,
        }
    )
    return render('{% include "jobs/_progress.html" %}', run=run, url="/runs/7/progress/")


def test_a_run_in_progress_asks_for_itself_again() -> None:
    html = progress()
    assert 'hx-get="/runs/7/progress/"' in html
    assert "3 of 12" in html
    assert "2\xa0min left" in html
    assert "attempt" not in html
    assert "attempt 2" in progress(attempt=2)
    assert "Stopping" in progress(cancel_requested=True)


def test_a_finished_run_asks_no_more_and_says_why_it_failed() -> None:
    html = progress(
        state="failed",
        get_state_display=lambda: "Failed",
        is_finished=True,
        error="The U-Net's file is cut off.",
        eta=None,
    )
    assert "hx-get" not in html
    assert "The U-Net&#x27;s file is cut off." in html
    assert 'role="alert"' in html
