"""The page of power and sample size."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.policy import Role
from tests.reader_study import factories
from tests.reader_study.unsealed import read_study, unseal

pytestmark = pytest.mark.django_db
PAGE = "/studies/power/"


@pytest.fixture
def client(coordinator: User) -> Client:
    client = Client()
    client.force_login(coordinator)
    return client


def test_the_page_opens_with_an_answer(client: Client) -> None:
    response = client.get(PAGE)
    page = response.content.decode()
    assert response.status_code == 200
    assert "80\N{NO-BREAK SPACE}% power" in page or "80 % power" in page
    assert 'src="/studies/power.svg' in page
    needed = [row["needed"] for row in response.context["rows"]]
    assert needed == sorted(needed, reverse=True)


def test_the_sizes_of_the_literature(client: Client) -> None:
    """Phillips's t costs cases over the normal's 400, 309, 240, 206 with 3, 5, 10, 20 readers."""
    query = {"margin": 0.05, "reader_sd": 0, "readers": "3, 5, 10, 20", "case_correlation": 0.2}
    rows = client.get(PAGE, query).context["rows"]
    for row, normal in zip(rows, (400, 309, 240, 206), strict=True):
        assert normal <= row["needed"] < 1.35 * normal


def test_every_question_is_answered_and_drawn(client: Client) -> None:
    for query in (
        {"goal": "difference", "value": 0.6},
        {"goal": "difference", "value": 0.6, "endpoint": "AUC"},
        {"goal": "comparison", "value": 0.7, "difference": 0.08},
        {"goal": "equivalence", "share": 0.3, "most_cases": 100},
    ):
        response = client.get(PAGE, query)
        assert response.status_code == 200, query
        assert response.context["curves"].curves
        drawing = client.get("/studies/power.svg", query)
        assert drawing["Content-Type"] == "image/svg+xml" and b"<svg" in drawing.content
    assert "attachment" in client.get("/studies/power.svg", {"download": ""})["Content-Disposition"]


def test_hopeless_plans_say_so(client: Client) -> None:
    page = client.get(PAGE, {"reader_sd": 0.2, "margin": 0.03, "readers": "2"}).content.decode()
    assert "None of these numbers of readers" in page and "not reached" in page


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"goal": "difference", "value": "0.5"}, "value", "other than 0.5"),
        ({"value": "0.65"}, "value", "inside the margin"),
        ({"readers": "many"}, "readers", "whole numbers"),
        ({"readers": "1, 2"}, "readers", "from 2 to"),
        ({"goal": "comparison", "neither_correlation": "0.5"}, "neither_correlation", "smallest"),
        ({"check_readers": "5"}, "check_cases", "Name both"),
        ({"alpha": "2"}, "alpha", "less than"),
    ],
)
def test_errors_stand_beside_their_field(client: Client, query: dict[str, str], field: str, words: str) -> None:
    response = client.get(PAGE, query)
    assert response.status_code == 400
    assert words in str(response.context["form"].errors[field])
    name, typed = next((pair for pair in query.items() if pair[0] == field), (field, ""))
    assert typed in response.content.decode(), name
    assert client.get("/studies/power.svg", query).status_code == 404


def test_one_size_is_checked_by_simulation(client: Client) -> None:
    query = {"goal": "difference", "value": 0.65, "check_readers": 4, "check_cases": 60}
    check = client.get(PAGE, query).context["check"]
    assert abs(check.simulated.power - check.closed) < 0.15
    areas = client.get(PAGE, {**query, "endpoint": "AUC"}).context["check"]
    assert areas.simulated is None and "balanced accuracy" in areas.reason


def test_a_pilot_takes_the_place_of_assumptions(workspace: Any, coordinator: User, client: Client) -> None:
    study = read_study(workspace, coordinator, readers=4, n=8, title="First look")
    assert "First look" not in client.get(PAGE).content.decode()
    assert client.get(PAGE, {"pilot": study.pk}).status_code == 400
    unseal(study, coordinator)
    response = client.get(PAGE, {"pilot": study.pk, "goal": "difference", "value": 0.7})
    assert response.status_code == 200
    assert "as in the pilot" in response.content.decode()
    assert response.context["plan"].components.value is not None
    two = client.get(PAGE, {"pilot": study.pk, "goal": "comparison"})
    assert two.status_code == 400
    assert "two arms" in str(two.context["form"].errors["pilot"])


def test_no_pilot_of_another_workspace(other_workspace: Any, client: Client) -> None:
    study = unseal(read_study(other_workspace, None, readers=2, n=4, title="Theirs"), None)
    assert "Theirs" not in client.get(PAGE).content.decode()
    assert client.get(PAGE, {"pilot": study.pk}).status_code == 400


def test_who_may_open_it(client: Client, workspace: Any, member: Any) -> None:
    assert Client().get(PAGE).status_code == 302
    outsider = Client()
    outsider.force_login(member(Role.READER))
    assert outsider.get(PAGE).status_code == 404


def test_it_is_found_from_the_list_and_the_builder(workspace: Any, client: Client) -> None:
    address = reverse("reader_study:power")
    assert address in client.get("/studies/").content.decode()
    assert address in client.get("/studies/new/").content.decode()
    factories.build_draft(workspace, None, n=3, prepared=False)
    assert address in client.get("/studies/").content.decode()
