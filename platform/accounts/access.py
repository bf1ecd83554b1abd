"""The door of every page: who comes in, and into which workspace."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import User, Workspace
from accounts.policy import Action, may, workspaces_for

WORKSPACE_KEY = "workspace"


class WorkspaceRequest(HttpRequest):
    """A request that passed `requires`: a person, and the workspace chosen."""

    user: User
    workspace: Workspace


View = Callable[..., HttpResponseBase]


def chosen_workspace(request: HttpRequest, action: Action) -> Workspace | None:
    """The workspace chosen in this session where `action` is allowed in it, else the first in which it is."""
    allowed = list(workspaces_for(request.user, action))
    chosen = request.session.get(WORKSPACE_KEY)
    return next((workspace for workspace in allowed if str(workspace.pk) == chosen), allowed[0] if allowed else None)


def requires(action: Action) -> Callable[[View], View]:
    """A view for those who may do `action` somewhere; others get a 404, anonymous visitors the sign-in page.

    404 and not 403: whether a thing exists is itself knowledge.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: WorkspaceRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            workspace = chosen_workspace(request, action)
            if workspace is None:
                raise Http404
            request.workspace = workspace
            return view(request, *args, **kwargs)

        guarded.required_action = action  # type: ignore[attr-defined]  # read by the permission tests
        return guarded

    return decorate


def require_action(user: User | AnonymousUser, workspace: Workspace, action: Action) -> None:
    """Raise Http404 unless `user` may do `action` in `workspace`."""
    if not may(user, workspace, action):
        raise Http404
