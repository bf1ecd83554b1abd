"""What every page's frame needs to know: where the person may go."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import WORKSPACE_KEY
from accounts.models import working_memberships
from accounts.policy import ROLE_ACTIONS, Role


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`allowed_actions` (names of what the person may do anywhere), `memberships`, `current_workspace`; read lazily."""
    if not hasattr(request, "user") or not request.user.is_authenticated:
        return {"allowed_actions": frozenset(), "memberships": [], "current_workspace": None}
    user = request.user
    memberships = SimpleLazyObject(lambda: list(working_memberships(user)))

    def allowed() -> frozenset[str]:
        return frozenset(action.value for member in memberships for action in ROLE_ACTIONS[Role(member.role)])

    def current() -> Any:
        if shown := getattr(request, "workspace", None):  # what the page is about
            return shown
        chosen = request.session.get(WORKSPACE_KEY)
        spaces = [member.workspace for member in memberships]
        return next((space for space in spaces if str(space.pk) == chosen), spaces[0] if spaces else None)

    return {
        "allowed_actions": SimpleLazyObject(allowed),
        "memberships": memberships,
        "current_workspace": SimpleLazyObject(current),
    }
