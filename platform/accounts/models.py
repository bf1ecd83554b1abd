"""People, workspaces, and the base of every row that belongs to a workspace."""

import hashlib
import uuid
from typing import ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.utils import timezone

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


def working_memberships(user: User) -> models.QuerySet[Membership]:
    """Where the person does more than read. Readers are told of no workspace: its name is the team's own."""
    rows = Membership.objects.filter(user=user).exclude(role=Role.READER)
    return rows.select_related("workspace").order_by("workspace__name")


class MemberInvitationQuerySet(models.QuerySet["MemberInvitation"]):
    """Reads of invitations."""

    def usable(self) -> Self:
        """Neither accepted nor revoked nor expired."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def with_secret(self, secret: str) -> Self:
        """The invitation that this secret opens, whatever its state."""
        return self.filter(secret_hash=hash_secret(secret))


class MemberInvitation(models.Model):
    """A link that makes whoever opens it a member, once. Only a hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices)
    note = models.CharField(max_length=120, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = MemberInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation as {self.role} to {self.workspace}"


def hash_secret(secret: str) -> str:
    """SHA-256 of a link's secret, as hex. The secrets are long and random: no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


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
