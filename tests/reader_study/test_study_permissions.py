"""Who may do what: every route of studies as every kind of person, and every route of the site as a reader."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reader_study.models import Invitation, Study
from tests.reader_study import factories
from tests.reader_study.crawl import addresses, ask
from tests.reader_study.routes import all_routes

pytestmark = pytest.mark.django_db

PEOPLE = ("manager", "researcher", "coordinator", "statistician", "reader", "stranger", "anonymous")
TEAM = {"manager", "researcher", "coordinator", "statistician"}
RUNS = {"manager", "coordinator"}

# Route: how it is asked for, and by whom it may be. Others get a 404, anonymous visitors the sign-in page.
PAGES: dict[str, tuple[str, set[str]]] = {
    "study_list": ("get", TEAM),
    "study_new": ("get", RUNS),
    "power": ("get", TEAM),
    "power_svg": ("get", TEAM),
    "concordance": ("get", TEAM),
    "readings_import": ("get", RUNS),
    "study_detail": ("get", TEAM),
    "study_preparation": ("get", TEAM),
    "study_progress": ("get", TEAM),
    "study_protocol": ("get", TEAM),
    "study_lock": ("post", RUNS),
    "study_open": ("post", RUNS),
    "study_pause": ("post", RUNS),
    "study_close": ("post", RUNS),
    "study_unseal": ("post", RUNS),
    "study_discard": ("post", RUNS),
    "invite": ("post", RUNS),
    "revoke": ("post", RUNS),
    "renew": ("post", RUNS),
    "preview": ("get", RUNS),
    "preview_session": ("get", RUNS),
    "preview_frame": ("get", RUNS),
    "preview_answers": ("post", RUNS),
}
RESULTS = {  # proved where they are made
    "concordance_svg", "results_report",
    "results", "results_json", "results_progress", "results_again", "results_svg", "results_png", "results_csv", "export",
    "blinded_export",
}  # fmt: skip

# What anybody may open, readers too: signing in and out, their reading list, the health of the site, the API's manual.
FOR_EVERYBODY = ("/accounts/", "/health/", "/home/", "/api/schema.json", "/api/docs/", "/demo/sign-in/")


@pytest.fixture
def people(member: Callable[..., User], stranger: User) -> dict[str, User | None]:
    roles = {role: member(role) for role in ("manager", "researcher", "coordinator", "statistician", "reader")}
    return {**roles, "stranger": stranger, "anonymous": None}


def browser(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def address(route: Any, study: Study) -> str:
    invitation = Invitation.objects.filter(study=study).first()
    values = {"pk": study.pk, "token": "x", "name": "roc"}
    values |= {"invitation": invitation.pk, "reader": invitation.reader_id} if invitation else {}
    return route.filled(**values)


def test_every_route_of_studies_as_everybody(workspace: Any, people: dict[str, User | None]) -> None:
    study = factories.build_open(workspace, people["coordinator"])
    factories.enter(study)
    routes = {
        route.name.removeprefix("reader_study:"): route for route in all_routes() if "reader_study:" in route.name
    }
    staff = {name for name, route in routes.items() if not route.for_readers}
    assert staff == PAGES.keys() | RESULTS
    for name, (method, allowed) in PAGES.items():
        path = address(routes[name], study)
        for person, user in people.items():
            status = getattr(browser(user), method)(path).status_code
            if person in allowed:
                # A step out of its turn is a 409, an invalid form a 400, the frame of no case a 404.
                assert status in (200, 302, 400, 409) or name.startswith("preview_"), (name, person, status)
            elif person == "anonymous":
                assert status == 302, (name, person, status)
            elif person == "stranger" and "pk" not in routes[name].arguments:
                assert study.title not in browser(user).get(path).content.decode(), name  # their own workspace's
            else:
                assert status == 404, (name, person, status)
        study.refresh_from_db()


API: dict[str, tuple[str, set[str]]] = {
    "list": ("get", TEAM),
    "create": ("post", RUNS),
    "retrieve": ("get", TEAM),
    "destroy": ("delete", RUNS),
    "lock": ("post", RUNS),
    "open": ("post", RUNS),
    "pause": ("post", RUNS),
    "close": ("post", RUNS),
    "unseal": ("post", RUNS),
    "invite": ("post", RUNS),
    "progress": ("get", TEAM),
    "protocol": ("get", TEAM),
    "concordance": ("get", TEAM),
}


def test_every_endpoint_of_studies_as_everybody(workspace: Any, people: dict[str, User | None]) -> None:
    from reader_study.api.studies import StudyViewSet

    study = factories.build_open(workspace, people["coordinator"])
    assert set(API) == StudyViewSet.actions_allowed.keys() - {"results", "report", "export", "blinded_export"}
    for name, (method, allowed) in API.items():
        tail = {"list": "", "create": "", "retrieve": f"{study.pk}/", "destroy": f"{study.pk}/"}
        tail["concordance"] = "concordance/"
        path = "/api/v1/studies/" + tail.get(name, f"{study.pk}/{'invitations' if name == 'invite' else name}/")
        for person, user in people.items():
            response = getattr(browser(user), method)(path)
            if person in allowed:
                assert response.status_code in (200, 201, 400), (name, person, response.content)
            elif person == "stranger" and name not in ("list", "create", "concordance"):
                assert response.status_code == 404, (name, person)
            elif person == "stranger":
                assert study.title not in response.content.decode(), (name, person)
            else:
                assert response.status_code in (401, 403), (name, person, response.status_code)


def test_reader_finds_nothing_but_what_is_written_for_readers(workspace: Any, coordinator: User) -> None:
    study = factories.build_open(workspace, coordinator)
    _, reader = factories.enter(study)
    client = Client(raise_request_exception=False)
    client.force_login(reader.user)
    opened = []
    for route in all_routes():
        if route.for_readers or route.path == "/" or route.path.startswith(FOR_EVERYBODY):
            continue
        for path in addresses(route, study, reader):
            for method in ("get", "post"):
                status = ask(client, method, path).status
                if status not in (401, 403, 404, 405, 410):
                    opened.append(f"{method} {path} {status}")
    assert not opened
