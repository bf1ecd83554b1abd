"""People, workspaces, and the base of every row that belongs to a workspace."""

import uuid
from typing import ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models

from accounts.policy import Action, Role, workspaces_for


class User(AbstractUser):
    """A person who signs in."""

    @property
    def display_name(self) -> str:
        """The full name where known, else the user name."""
        return self.get_full_name() or self.username


class Workspace(models.Model):
    """A team's own space: nothing in it is visible from another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True, max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What one person is in one workspace."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__username"]
        constraints = [models.UniqueConstraint(fields=["user", "workspace"], name="one_role_per_member")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} in {self.workspace}"


_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class WorkspaceQuerySet(models.QuerySet[_Row]):
    """Rows of workspaces; subclasses name the action that seeing them needs."""

    view_action: ClassVar[Action]

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The rows that `user` may see; none for anonymous visitors."""
        return self.filter(workspace__in=workspaces_for(user, self.view_action))


class WorkspaceModel(models.Model):
    """A row that belongs to a workspace."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
