"""Roles and actions: what is not granted is denied."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User, Workspace
from accounts.policy import ROLE_ACTIONS, Action, Role, may, workspaces_for


def test_every_role_has_a_row() -> None:
    assert set(ROLE_ACTIONS) == set(Role)


def test_managers_may_all_and_readers_nothing() -> None:
    assert ROLE_ACTIONS[Role.MANAGER] == set(Action)
    assert ROLE_ACTIONS[Role.READER] == set()


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        (Role.RESEARCHER, Action.GENERATE, True),
        (Role.RESEARCHER, Action.MANAGE_STUDIES, False),
        (Role.RESEARCHER, Action.UNSEAL, False),
        (Role.COORDINATOR, Action.UNSEAL, True),
        (Role.COORDINATOR, Action.GENERATE, False),
        (Role.STATISTICIAN, Action.EXPORT, True),
        (Role.STATISTICIAN, Action.MANAGE_STUDIES, False),
        (Role.READER, Action.VIEW_IMAGES, False),
    ],
)
def test_may(workspace: Workspace, member: Callable[..., User], role: Role, action: Action, allowed: bool) -> None:
    assert may(member(role), workspace, action) is allowed


def test_strangers_anonymous_visitors_and_dismissed_people_may_nothing(
    workspace: Workspace, manager: User, stranger: User
) -> None:
    manager.is_active = False
    for user in (stranger, AnonymousUser(), manager):
        assert not any(may(user, workspace, action) for action in Action)
    assert list(workspaces_for(stranger, Action.VIEW_IMAGES)) == [stranger.memberships.get().workspace]
