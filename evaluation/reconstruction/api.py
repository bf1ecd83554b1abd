"""REST endpoints of reconstruction runs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.policy import Action
from evaluation.models import ReconstructionRun
from evaluation.reconstruction.services import cancel_reconstruction, start_reconstruction

STANDING = ("image_set", "state", "done", "total", "message", "error", "created_at", "started_at", "finished_at")


class ReconstructionRunSerializer(serializers.ModelSerializer[ReconstructionRun]):
    """A reconstruction run; `image_set` is the set of reconstructions once there is one."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)

    class Meta:
        model = ReconstructionRun
        fields = ["id", "checkpoint", "originals", "name", *STANDING]
        read_only_fields = [*STANDING]


class ReconstructionRunViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, WorkspaceViewSet
):
    """Reconstruction runs: images through a checkpoint's autoencoder. Start one, follow it, cancel it."""

    queryset_model = ReconstructionRun
    serializer_class = ReconstructionRunSerializer
    actions_allowed = {
        "list": Action.VIEW_SCORES,
        "retrieve": Action.VIEW_SCORES,
        "create": Action.SCORE,
        "cancel": Action.SCORE,
    }

    def perform_create(self, serializer: Any) -> None:
        """Start the run in the workspace of its checkpoint."""
        data = serializer.validated_data
        self.check_object_permissions(self.request, data["checkpoint"])
        serializer.instance = start_reconstruction(**data, user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=ReconstructionRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Ask for the run to stop."""
        run = self.get_object()
        cancel_reconstruction(run=run, user=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(run).data)


routes: list[tuple[str, Any]] = [("reconstruction-runs", ReconstructionRunViewSet)]
