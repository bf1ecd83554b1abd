"""Who belongs to a workspace: inviting, joining, changing roles, leaving."""

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import MemberInvitation, Membership, User, Workspace, hash_secret
from accounts.policy import Role

INVITATION_DAYS = 7


def invite_member(
    *, workspace: Workspace, role: str, user: User | None, note: str = ""
) -> tuple[MemberInvitation, str]:
    """Make an invitation; returns it with its secret, which is known only now."""
    secret = secrets.token_urlsafe(32)
    invitation = MemberInvitation.objects.create(
        workspace=workspace,
        role=Role(role),
        note=note,
        secret_hash=hash_secret(secret),
        created_by=user,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    return invitation, secret


def revoke_invitation(*, invitation: MemberInvitation) -> bool:
    """Close the link; False when it was accepted or revoked before."""
    rows = MemberInvitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    return bool(rows.update(revoked_at=timezone.now()))


@transaction.atomic
def accept_invitation(*, secret: str, user: User) -> MemberInvitation:
    """Make `user` a member by the link's secret, once.

    Raises:
        ValidationError: when the link is unknown, used, revoked or expired, or the person is a member already.
    """
    invitation = MemberInvitation.objects.with_secret(secret).usable().select_for_update().first()
    if invitation is None:
        raise ValidationError("This link is no longer valid. Ask the person who sent it for a new one.")
    if Membership.objects.filter(user=user, workspace=invitation.workspace).exists():
        raise ValidationError(f"You are a member of {invitation.workspace} already; the link stays unused.")
    Membership.objects.create(user=user, workspace=invitation.workspace, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return invitation


@transaction.atomic
def change_role(*, membership: Membership, role: str) -> None:
    """Give a member another role.

    Raises:
        ValidationError: when the workspace would be left without a manager.
    """
    if Role(role) != Role.MANAGER:
        _keep_a_manager(membership)
    membership.role = Role(role)
    membership.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, membership: Membership) -> None:
    """End a membership; what the person made stays.

    Raises:
        ValidationError: when the workspace would be left without a manager.
    """
    _keep_a_manager(membership)
    membership.delete()


def _keep_a_manager(leaving: Membership) -> None:
    # Locked in one order, so that two managers cannot remove each other at the same moment.
    managers = Membership.objects.filter(workspace=leaving.workspace_id, role=Role.MANAGER).order_by("pk")
    if [member.pk for member in managers.select_for_update()] == [leaving.pk]:
        raise ValidationError("A workspace needs a manager: make somebody else one first.")
