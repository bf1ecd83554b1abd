"""The command that lets the first person in."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Membership, Workspace
from accounts.policy import Role


def test_the_link_makes_a_manager_once(db: None, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite_manager", workspace="lab", name="The lab")
    path = re.search(r"http://localhost:8000(/\S+)", capsys.readouterr().out)
    assert path
    person = {"username": "ada", "password": "a long enough one"}
    assert client.post(path.group(1), person).status_code == 302
    member = Membership.objects.get()
    assert (member.user.username, member.role, member.workspace.name) == ("ada", Role.MANAGER, "The lab")
    Client().post(path.group(1), {**person, "username": "eve"})
    assert Membership.objects.count() == 1


def test_a_second_call_keeps_the_workspace_and_a_bad_slug_is_refused(db: None) -> None:
    call_command("invite_manager", workspace="lab", name="The lab")
    call_command("invite_manager", workspace="lab")
    assert Workspace.objects.get().name == "The lab"
    with pytest.raises(CommandError, match="the-lab"):
        call_command("invite_manager", workspace="The Lab")
