"""REST endpoints of this app, collected under /api/v1/ by config.api."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, parsers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.models import User
from accounts.policy import Action
from generation.limits import PROMPT_FILE_BYTES
from generation.models import Checkpoint, CheckpointFetch, GenerationRun, PromptSet
from generation.serializers import (
    CheckpointFetchSerializer,
    CheckpointSerializer,
    GenerationRunSerializer,
    NewCheckpointSerializer,
    NewPromptSetSerializer,
    NewRunSerializer,
    PromptSetSerializer,
)
from generation.services import (
    allowed_folder,
    cancel_fetch,
    cancel_generation,
    fetch_hub_checkpoint,
    import_prompt_set,
    register_checkpoint,
    start_generation,
    upload_checkpoint,
)


def person(request: Request) -> User:
    """Who asks; the permission class lets nobody else come this far."""
    assert isinstance(request.user, User)
    return request.user


class CheckpointViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Checkpoints: registered ones, and registering from a folder of the server, the hub or an archive."""

    queryset_model = Checkpoint
    serializer_class = CheckpointSerializer
    parser_classes = [parsers.JSONParser, parsers.MultiPartParser, parsers.FormParser]
    actions_allowed = {
        "list": Action.VIEW_CHECKPOINTS,
        "retrieve": Action.VIEW_CHECKPOINTS,
        "create": Action.MANAGE_CHECKPOINTS,
    }

    @extend_schema(
        request=NewCheckpointSerializer, responses={201: CheckpointSerializer, 202: CheckpointFetchSerializer}
    )
    def create(self, request: Request) -> Response:
        """Register a checkpoint: 201 with it; for a hub id 202 with the fetch, to be asked for again."""
        body = NewCheckpointSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data: dict[str, Any] = body.validated_data
        common = {
            "workspace": self.workspace_for(Action.MANAGE_CHECKPOINTS),
            "name": data["name"],
            "user": request.user,
        }
        if data.get("hub"):
            fetch = fetch_hub_checkpoint(repository=data["hub"], revision=data.get("revision", ""), **common)
            return Response(CheckpointFetchSerializer(fetch).data, status=status.HTTP_202_ACCEPTED)
        if data.get("archive"):
            made = upload_checkpoint(file=data["archive"], **common)
        else:
            made = register_checkpoint(location=str(allowed_folder(data["folder"])), **common)
        return Response(CheckpointSerializer(made).data, status=status.HTTP_201_CREATED)


class CheckpointFetchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """The fetching of hub checkpoints."""

    queryset_model = CheckpointFetch
    serializer_class = CheckpointFetchSerializer
    actions_allowed = {
        "list": Action.VIEW_CHECKPOINTS,
        "retrieve": Action.VIEW_CHECKPOINTS,
        "cancel": Action.MANAGE_CHECKPOINTS,
    }

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a fetch."""
        fetch = self.get_object()
        cancel_fetch(fetch=fetch, user=person(request))
        return Response(CheckpointFetchSerializer(fetch).data)


class PromptSetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Prompt sets."""

    queryset_model = PromptSet
    serializer_class = PromptSetSerializer
    parser_classes = [parsers.MultiPartParser, parsers.JSONParser]
    actions_allowed = {
        "list": Action.VIEW_CHECKPOINTS,
        "retrieve": Action.VIEW_CHECKPOINTS,
        "create": Action.MANAGE_CHECKPOINTS,
    }

    @extend_schema(request=NewPromptSetSerializer, responses={201: PromptSetSerializer})
    def create(self, request: Request) -> Response:
        """Import prompts: `file` (multipart, CSV) or `csv` (its text, in JSON)."""
        body = NewPromptSetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data.get("file")
        content = file.read(PROMPT_FILE_BYTES + 1) if file else body.validated_data["csv"].encode()
        workspace = self.workspace_for(Action.MANAGE_CHECKPOINTS)
        name = body.validated_data["name"]
        made = import_prompt_set(workspace=workspace, name=name, data=content, user=person(request))
        return Response(PromptSetSerializer(made).data, status=status.HTTP_201_CREATED)


class GenerationRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Generation runs: start, watch, cancel."""

    queryset_model = GenerationRun
    serializer_class = GenerationRunSerializer
    actions_allowed = {
        "list": Action.VIEW_RUNS,
        "retrieve": Action.VIEW_RUNS,
        "create": Action.GENERATE,
        "cancel": Action.GENERATE,
    }

    @extend_schema(request=NewRunSerializer, responses={201: GenerationRunSerializer})
    def create(self, request: Request) -> Response:
        """Start a run with a checkpoint and a prompt set of one workspace."""
        body = NewRunSerializer(data=request.data)
        workspace = self.workspace_for(Action.GENERATE)
        offered: dict[str, Any] = {"checkpoint": Checkpoint.objects, "prompt_set": PromptSet.objects}
        for name, rows in offered.items():
            field: Any = body.fields[name]
            field.queryset = rows.filter(workspace=workspace)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        data.pop("workspace", None)
        data["size"] = data.get("size") or data["checkpoint"].facts["resolution"]
        run = start_generation(**data, user=person(request))
        return Response(GenerationRunSerializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a run; what is made so far stays, without an image set."""
        run = self.get_object()
        cancel_generation(run=run, user=person(request))
        return Response(GenerationRunSerializer(run).data)


routes: list[tuple[str, Any]] = [
    ("checkpoints", CheckpointViewSet),
    ("checkpoint-fetches", CheckpointFetchViewSet),
    ("prompt-sets", PromptSetViewSet),
    ("generation-runs", GenerationRunViewSet),
]
