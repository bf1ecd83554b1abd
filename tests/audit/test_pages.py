"""The log as a page."""

import pgtrigger
import pytest
from django.test import Client

from accounts.models import User, Workspace
from audit.models import Event
from audit.services import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_manager(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def log(workspace: Workspace, actor: User | None, action: str) -> Event:
    return record(workspace=workspace, actor=actor, action=action, target=workspace, details={"n": 1})


def test_an_empty_log_says_what_will_be_in_it(as_manager: Client) -> None:
    assert "Nothing has happened yet" in as_manager.get("/audit/").content.decode()


def test_events_of_the_workspace_are_listed_newest_first(
    as_manager: Client, manager: User, workspace: Workspace, other_workspace: Workspace
) -> None:
    log(workspace, manager, "images.import")
    log(workspace, None, "runs.finish")
    log(other_workspace, None, "secret.event")
    page = as_manager.get("/audit/")
    assert [event.action for event in page.context["page"]] == ["runs.finish", "images.import"]
    assert "secret.event" not in page.content.decode()


def test_search_and_filter(as_manager: Client, manager: User, workspace: Workspace) -> None:
    event = log(workspace, manager, "images.import")
    log(workspace, None, "runs.finish")

    def found(query: str) -> list[str]:
        return [event.action for event in as_manager.get(f"/audit/?{query}").context["page"]]

    assert found(f"q={manager.username}") == ["images.import"]
    assert found(f"q={event.hash[:12]}") == ["images.import"]
    assert found("action=runs.finish") == ["runs.finish"]
    assert found("days=1") == ["runs.finish", "images.import"]
    assert "No event matches" in as_manager.get("/audit/?q=nowhere").content.decode()


def test_a_long_log_comes_in_pages(as_manager: Client, manager: User, workspace: Workspace) -> None:
    for _ in range(51):
        log(workspace, manager, "runs.start")
    assert len(as_manager.get("/audit/").context["page"]) == 50
    assert len(as_manager.get("/audit/?page=2").context["page"]) == 1
    assert as_manager.get("/audit/?page=nonsense").status_code == 200


def test_verifying_says_whether_the_chain_holds(as_manager: Client, manager: User, workspace: Workspace) -> None:
    event = log(workspace, manager, "images.import")
    assert "The chain holds: 1 event" in as_manager.post("/audit/verification/", follow=True).content.decode()
    with pgtrigger.ignore("audit.Event:append_only"):  # as somebody with the keys of the database could
        Event.objects.update(actor_name="nobody")
    page = as_manager.post("/audit/verification/", follow=True).content.decode()
    assert f"The chain breaks at event {event.pk}" in page


def test_only_posts_verify(as_manager: Client) -> None:
    assert as_manager.get("/audit/verification/").status_code == 405


def test_others_cannot_verify(client: Client, researcher: User, stranger: User) -> None:
    client.force_login(researcher)
    assert client.post("/audit/verification/").status_code == 404
