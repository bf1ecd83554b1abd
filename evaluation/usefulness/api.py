"""REST endpoints of usefulness runs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.policy import Action
from evaluation.models import UsefulnessRun
from evaluation.usefulness.services import cancel_usefulness, start_usefulness

SETS = ("real", "synthetic", "test")
ASKED = (*SETS, "test_share", "findings", "side", "steps", "repeats", "seed")
STANDING = ("state", "done", "total", "message", "error", "created_at", "started_at", "finished_at", "result")


class UsefulnessRunSerializer(serializers.ModelSerializer[UsefulnessRun]):
    """A usefulness run; `result` holds AUROCs, intervals and paired differences once it has succeeded."""

    findings = serializers.ListField(child=serializers.CharField(max_length=100), required=False)

    class Meta:
        model = UsefulnessRun
        fields = ["id", *ASKED, *STANDING]
        read_only_fields = [*STANDING]


class UsefulnessRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, WorkspaceViewSet):
    """Usefulness runs: train on synthetic images, test on real ones. Start one, follow it, cancel it."""

    queryset_model = UsefulnessRun
    serializer_class = UsefulnessRunSerializer
    actions_allowed = {
        "list": Action.VIEW_SCORES,
        "retrieve": Action.VIEW_SCORES,
        "create": Action.SCORE,
        "cancel": Action.SCORE,
    }

    def perform_create(self, serializer: Any) -> None:
        """Start the run in the workspace of its sets."""
        data = serializer.validated_data
        self.check_object_permissions(self.request, data["real"])
        serializer.instance = start_usefulness(**data, user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=UsefulnessRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Ask for the run to stop."""
        run = self.get_object()
        cancel_usefulness(run=run, user=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(run).data)


routes: list[tuple[str, Any]] = [("usefulness-runs", UsefulnessRunViewSet)]
