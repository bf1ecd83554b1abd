"""The base of every API endpoint: rows scoped to the user, actions checked against the policy."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import exceptions, permissions, viewsets
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Workspace, WorkspaceQuerySet
from accounts.policy import Action, may, workspaces_for


class PolicyPermission(permissions.BasePermission):
    """Allows an API action that the view set maps to a policy action which the user may do somewhere.

    A row of another workspace is never found (404); a row of one's own on which the action is not allowed is a 403.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether any workspace allows the action at all."""
        if not request.user or not request.user.is_authenticated:
            return False
        action = _policy_action(view)
        return action is not None and workspaces_for(request.user, action).exists()

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Whether the row's workspace allows the action."""
        action = _policy_action(view)
        return action is not None and may(request.user, obj.workspace, action)


def _policy_action(view: APIView) -> Action | None:
    if getattr(view, "action", None) in (None, "metadata"):  # OPTIONS, or a method that the address does not know
        return getattr(view, "actions_allowed", {}).get("list")
    return getattr(view, "actions_allowed", {}).get(view.action)  # type: ignore[attr-defined]


class WorkspaceViewSet(viewsets.GenericViewSet[Any]):
    """Rows of the workspaces that the user belongs to.

    Subclasses set `queryset_model` and `actions_allowed` (API action -> policy action; what is missing is denied).
    """

    queryset_model: ClassVar[Any]
    actions_allowed: ClassVar[dict[str, Action]]
    permission_classes = [PolicyPermission]

    def get_queryset(self) -> QuerySet[Any]:
        """The rows visible to the user."""
        rows: WorkspaceQuerySet[Any] = self.queryset_model.objects.all()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.visible_to(self.request.user)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The serializer, whose relations offer only rows that the caller may see."""
        serializer = super().get_serializer(*args, **kwargs)
        for field in getattr(serializer, "fields", {}).values():
            rows = getattr(field, "queryset", None)
            if rows is not None and hasattr(rows, "visible_to"):
                field.queryset = rows.visible_to(self.request.user)
        return serializer

    def workspace_for(self, action: Action) -> Workspace:
        """The workspace named by `workspace` (slug) in body or query, or the only one in which `action` is allowed."""
        allowed = workspaces_for(self.request.user, action)
        body = self.request.data if isinstance(self.request.data, dict) else {}
        slug = body.get("workspace") or self.request.query_params.get("workspace")
        if slug:
            allowed = allowed.filter(slug=slug)
        found = list(allowed[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise exceptions.ValidationError({"workspace": "You belong to several workspaces: name one by its slug."})
        raise exceptions.ValidationError({"workspace": "No workspace of yours with this slug allows that."})
