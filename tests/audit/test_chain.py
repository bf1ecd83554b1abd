"""The audit log: a chain that shows every change, in a table that the database keeps append-only."""

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from accounts.models import User, Workspace
from audit.models import FIRST_HASH, Event
from audit.services import record, verify_chain


def three_events(workspace: Workspace, actor: User) -> list[Event]:
    return [
        record(workspace=workspace, actor=actor, action=f"thing.{n}", target=workspace, details={"n": n, "f": 0.1})
        for n in range(3)
    ]


def test_every_event_carries_the_hash_of_the_one_before(workspace: Workspace, manager: User) -> None:
    events = three_events(workspace, manager)
    assert [event.previous_hash for event in events] == [FIRST_HASH, events[0].hash, events[1].hash]
    assert verify_chain().intact
    assert verify_chain().events == 3


@pytest.mark.parametrize(
    "attack",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"],
    ids=["update", "delete"],
)
def test_the_database_refuses_changes(workspace: Workspace, manager: User, attack: str) -> None:
    three_events(workspace, manager)
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)


@pytest.mark.parametrize(
    ("attack", "place"),
    [
        ("UPDATE audit_event SET details = '{\"n\": 9}' WHERE id = %s", 1),
        ("DELETE FROM audit_event WHERE id = %s", 1),
        ("UPDATE audit_event SET actor_name = 'nobody' WHERE id = %s", 0),
    ],
)
def test_the_chain_shows_what_a_database_owner_changed(
    workspace: Workspace, manager: User, attack: str, place: int
) -> None:
    events = three_events(workspace, manager)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(attack, [events[place].pk])
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    assert not verify_chain().intact
    with pytest.raises(CommandError, match="broken at event"):
        call_command("verify_audit")


def test_the_command_says_that_the_log_is_whole(
    workspace: Workspace, manager: User, capsys: pytest.CaptureFixture[str]
) -> None:
    three_events(workspace, manager)
    call_command("verify_audit")
    assert "3 events" in capsys.readouterr().out


def test_only_managers_of_the_workspace_see_it(
    workspace: Workspace, manager: User, researcher: User, stranger: User
) -> None:
    three_events(workspace, manager)
    counts = [Event.objects.visible_to(user).count() for user in (manager, researcher, stranger)]
    assert counts == [3, 0, 0]
