"""Who may do what: one table from roles to actions. What is not in it is denied."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from accounts.models import User, Workspace


class Role(models.TextChoices):
    """What a member is in a workspace."""

    MANAGER = "manager", "Manager"
    RESEARCHER = "researcher", "Researcher"
    COORDINATOR = "coordinator", "Coordinator"
    STATISTICIAN = "statistician", "Statistician"
    READER = "reader", "Reader"


class Action(StrEnum):
    """What can be done to the things of a workspace."""

    VIEW_IMAGES = "view_images"
    IMPORT_IMAGES = "import_images"
    VIEW_CHECKPOINTS = "view_checkpoints"
    MANAGE_CHECKPOINTS = "manage_checkpoints"
    VIEW_RUNS = "view_runs"
    GENERATE = "generate"
    VIEW_SCORES = "view_scores"
    SCORE = "score"
    VIEW_STUDIES = "view_studies"
    MANAGE_STUDIES = "manage_studies"
    UNSEAL = "unseal"
    VIEW_RESULTS = "view_results"
    EXPORT = "export"
    EXPORT_BLINDED = "export_blinded"
    MANAGE_MEMBERS = "manage_members"
    VIEW_AUDIT = "view_audit"


_LOOK = frozenset({Action.VIEW_IMAGES, Action.VIEW_CHECKPOINTS, Action.VIEW_RUNS, Action.VIEW_SCORES})
_STUDY = frozenset({Action.VIEW_STUDIES, Action.VIEW_RESULTS, Action.EXPORT})

ROLE_ACTIONS: dict[Role, frozenset[Action]] = {
    Role.MANAGER: frozenset(Action),
    Role.RESEARCHER: _LOOK
    | {Action.IMPORT_IMAGES, Action.MANAGE_CHECKPOINTS, Action.GENERATE, Action.SCORE, Action.VIEW_STUDIES}
    | {Action.VIEW_RESULTS},
    Role.COORDINATOR: _LOOK
    | _STUDY
    | {Action.IMPORT_IMAGES, Action.MANAGE_STUDIES, Action.UNSEAL, Action.EXPORT_BLINDED},
    Role.STATISTICIAN: _STUDY | {Action.VIEW_SCORES, Action.VIEW_IMAGES},
    # A reader reads, through the Reader row that an invitation made, and sees nothing else.
    Role.READER: frozenset(),
}


def roles_with(action: Action) -> list[Role]:
    """The roles that may do `action`."""
    return [role for role, actions in ROLE_ACTIONS.items() if action in actions]


def workspaces_for(user: "User | AnonymousUser", action: Action) -> "models.QuerySet[Workspace]":
    """The workspaces in which `user` may do `action`."""
    from accounts.models import Workspace

    if not user.is_authenticated or not user.is_active:
        return Workspace.objects.none()
    return Workspace.objects.filter(memberships__user=user, memberships__role__in=roles_with(action))


def may(user: "User | AnonymousUser", workspace: "Workspace", action: Action) -> bool:
    """Whether `user` may do `action` in `workspace`."""
    return workspaces_for(user, action).filter(pk=workspace.pk).exists()
