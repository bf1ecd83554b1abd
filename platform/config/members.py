"""Members of a workspace and the links that invite them.

The services are in accounts; these views are up here because each of their acts goes into the audit log too.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import WorkspaceRequest, requires
from accounts.forms import WORKING_ROLES, InviteForm, JoinForm, RoleForm
from accounts.models import MemberInvitation, Membership, User
from accounts.policy import Action, Role
from accounts.services import accept_invitation, change_role, invite_member, remove_member, revoke_invitation
from audit.services import record


@never_cache
@requires(Action.MANAGE_MEMBERS)
def member_list(request: WorkspaceRequest) -> HttpResponse:
    """Who belongs to the workspace, and the open invitations."""
    return _page(request, InviteForm())


@require_POST
@never_cache
@requires(Action.MANAGE_MEMBERS)
def invite(request: WorkspaceRequest) -> HttpResponse:
    """Make an invitation; its link is in this answer and nowhere else."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    with transaction.atomic():
        invitation, secret = invite_member(workspace=request.workspace, user=request.user, **form.cleaned_data)
        _record(request, "members.invite", invitation, role=invitation.role)
    link = request.build_absolute_uri(reverse("members:join", args=[secret]))
    return _page(request, InviteForm(), link=link, invitation=invitation)


@require_POST
@requires(Action.MANAGE_MEMBERS)
def revoke(request: WorkspaceRequest, pk: str) -> HttpResponse:
    """Close an invitation."""
    invitation = get_object_or_404(MemberInvitation, pk=pk, workspace=request.workspace)
    with transaction.atomic():
        if revoke_invitation(invitation=invitation):
            _record(request, "members.revoke", invitation, role=invitation.role)
            messages.success(request, "The link no longer works.")
        else:
            messages.warning(request, "The link was used or revoked before: nothing was changed.")
    return redirect("members:list")


@require_POST
@requires(Action.MANAGE_MEMBERS)
def change(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    membership = get_object_or_404(_members(request), pk=pk)
    form, before = RoleForm(request.POST), membership.role
    if not form.is_valid():
        messages.error(request, "There is no such role.")
        return redirect("members:list")
    try:
        with transaction.atomic():
            change_role(membership=membership, role=form.cleaned_data["role"])
            _record(request, "members.change_role", membership.user, before=before, after=membership.role)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{membership.user.display_name} is now {Role(membership.role).label.lower()}.")
    return redirect("members:list")


@requires(Action.MANAGE_MEMBERS)
def remove(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Say what will be lost, then end a membership."""
    membership = get_object_or_404(_members(request).select_related("user"), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/member_remove.html", {"membership": membership})
    try:
        with transaction.atomic():
            _record(request, "members.remove", membership.user, role=membership.role)
            remove_member(membership=membership)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{membership.user.display_name} is no longer a member.")
    return redirect("members:list")


@never_cache
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """What an invited person sees: whose workspace, as what, and a form for an account where there is none yet."""
    invitation = MemberInvitation.objects.with_secret(secret).usable().select_related("workspace").first()
    if invitation is None:
        return render(request, "accounts/join_invalid.html", status=410)
    form = None if request.user.is_authenticated else JoinForm(request.POST or None)
    if request.method != "POST" or (form is not None and not form.is_valid()):
        return render(request, "accounts/join.html", {"invitation": invitation, "form": form})
    try:
        _join(request, secret, form)
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("members:join", secret)
    messages.success(request, f"Welcome to {invitation.workspace}.")
    return redirect("/")


@transaction.atomic
def _join(request: HttpRequest, secret: str, form: JoinForm | None) -> None:
    user = request.user if form is None else form.save()
    assert isinstance(user, User)
    invitation = accept_invitation(secret=secret, user=user)
    details = {"role": invitation.role}
    record(workspace=invitation.workspace, actor=user, action="members.join", target=invitation, details=details)
    if form is not None:
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def _page(request: WorkspaceRequest, form: InviteForm, **extra: Any) -> HttpResponse:
    members = _members(request).select_related("user")
    open_links = MemberInvitation.objects.filter(workspace=request.workspace).usable().select_related("created_by")
    context = {"members": members, "invitations": open_links, "form": form, "roles": WORKING_ROLES, **extra}
    return render(request, "accounts/members.html", context)


def _members(request: WorkspaceRequest) -> models.QuerySet[Membership]:
    """Those who work here. Readers belong to their studies, which list them under their codes."""
    return Membership.objects.filter(workspace=request.workspace).exclude(role=Role.READER)


def _record(request: WorkspaceRequest, action: str, target: models.Model, **details: str) -> None:
    record(workspace=request.workspace, actor=request.user, action=action, target=target, details=details)


app_name = "members"
urlpatterns = [
    path("", member_list, name="list"),
    path("invitations/", invite, name="invite"),
    path("invitations/<uuid:pk>/revocation/", revoke, name="revoke"),
    path("<int:pk>/role/", change, name="change_role"),
    path("<int:pk>/removal/", remove, name="remove"),
    path("join/<str:secret>/", join, name="join"),
]
