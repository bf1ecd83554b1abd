"""Pages about oneself: profile, tokens, the workspace one is in."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from knox.models import AuthToken

from accounts.access import WORKSPACE_KEY, WorkspaceRequest
from accounts.forms import ProfileForm, TokenForm
from accounts.models import Membership, User, working_memberships


def may_use_api(user: User) -> bool:
    """Whether a token would open anything: readers have no use for one."""
    return working_memberships(user).exists()


@login_required
def profile(request: WorkspaceRequest) -> HttpResponse:
    """One's own name and address, roles, and the ways to password, second factor and tokens."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    working = working_memberships(request.user)
    return render(request, "accounts/profile.html", {"form": form, "working": working, "may_use_api": bool(working)})


@require_POST
@login_required
def choose_workspace(request: WorkspaceRequest) -> HttpResponse:
    """Work in another of one's workspaces from now on."""
    membership = get_object_or_404(
        Membership.objects.select_related("workspace"), user=request.user, workspace__slug=request.POST.get("workspace")
    )
    request.session[WORKSPACE_KEY] = str(membership.workspace.pk)
    return redirect("/")


@never_cache
@login_required
def tokens(request: WorkspaceRequest) -> HttpResponse:
    """One's API tokens; a new one is shown in the answer that makes it, and never again."""
    if not may_use_api(request.user):
        raise Http404
    form, fresh = TokenForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        _, fresh = AuthToken.objects.create(request.user, expiry=timedelta(days=form.cleaned_data["days"]))
        form = TokenForm()
    rows = AuthToken.objects.filter(user=request.user).order_by("-created")
    return render(request, "accounts/tokens.html", {"form": form, "fresh": fresh, "tokens": rows})


@require_POST
@login_required
def revoke_token(request: WorkspaceRequest, key: str) -> HttpResponse:
    """End a token of one's own, at once."""
    rows = AuthToken.objects.filter(user=request.user, token_key=key)
    if not rows.exists():
        raise Http404
    rows.delete()
    messages.success(request, f"Token {key[:8]}… no longer works.")
    return redirect("accounts:tokens")
