"""Metrics beside readers, as an action of the studies' endpoint: mixed into its view set."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policy import Action
from reader_study.results.board import read_board
from reader_study.views.concordance import document_of

_QUERY = {
    "workspace": "Needed only by members of several workspaces.",
    "reference": "An image set: scores against it count. Without it, the one that most sets were scored against.",
    "space": "The key of an extractor, one of `spaces`. Without it, the one that most cards have.",
}


class ConcordanceActions:
    """Adds `GET concordance/`. The view set merges `concordance_actions` into its `actions_allowed`."""

    concordance_actions: ClassVar[dict[str, Action]] = {"concordance": Action.VIEW_RESULTS}

    @extend_schema(
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=words)
            for name, words in _QUERY.items()
        ],
        responses={200: OpenApiTypes.OBJECT},
        description="Which automatic metric puts synthetic sets in the order in which readers do: `predictions` with rank "
        "correlation, interval, exact and adjusted p; `sets` with what was measured and what readers said. `reason` says why "
        "there are no predictions.",
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def concordance(self, request: Request) -> Response:
        """Metrics beside readers, over the unsealed studies of a workspace."""
        view: Any = self
        workspace = view.workspace_for(Action.VIEW_RESULTS)
        return Response(document_of(read_board(request.user, workspace, request.GET)))
