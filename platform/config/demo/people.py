"""The people of the demonstration, and links that sign in as one of them without a password."""

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Membership, User, Workspace
from accounts.policy import Role

SALT = "demo sign-in"
LINK_DAYS = 30
SLUG = "demonstration"
STAFF = {
    "demo-researcher": ("Researcher", Role.RESEARCHER),
    "demo-coordinator": ("Coordinator", Role.COORDINATOR),
}


def make_workspace() -> Workspace:
    """The demonstration's workspace with its staff; nobody in it has a password."""
    workspace, _ = Workspace.objects.get_or_create(slug=SLUG, defaults={"name": "Demonstration"})
    for username, (name, role) in STAFF.items():
        user, new = User.objects.get_or_create(username=username, defaults={"first_name": name})
        if new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        Membership.objects.get_or_create(user=user, workspace=workspace, defaults={"role": role})
    return workspace


def sign_in_link(user: User, base: str) -> str:
    """A link that signs in as `user` for a month, on this installation only."""
    return base + reverse("demo-sign-in", args=[signing.dumps(user.username, salt=SALT)])


@never_cache
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a link of the demonstration; there is no such page on an installation without one."""
    if not settings.DEMO:
        raise Http404
    try:
        username = signing.loads(token, salt=SALT, max_age=LINK_DAYS * 86_400)
    except signing.BadSignature:
        raise Http404("This sign-in link is not one of this installation's, or it is older than a month.") from None
    member = Membership.objects.filter(workspace__slug=SLUG, user__username=username, user__is_active=True)
    user = get_object_or_404(member.select_related("user")).user
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/")
