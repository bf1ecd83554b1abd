"""Studies under /api/v1/studies/."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.models import User
from accounts.policy import Action
from images.models import ImageSet
from reader_study import services
from reader_study.api.concordance import ConcordanceActions
from reader_study.api.results import ResultsActions
from reader_study.models import Study


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study as its team sees it: no key, and no answers."""

    workspace: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Study
        fields = [
            "id",
            "workspace",
            "title",
            "reader_title",
            "instructions",
            "consent_text",
            "state",
            "real_set",
            "synthetic_set",
            "settings",
            "selection",
            "blinding_report",
            "acknowledgement",
            "protocol_hash",
            "key_commitment",
            "revealed_key",
            "created_at",
            "locked_at",
            "opened_at",
            "closed_at",
            "unsealed_at",
        ]
        read_only_fields = fields


class StudyPlanSerializer(serializers.Serializer[Any]):
    """What a draft is made of."""

    workspace = serializers.SlugField(required=False, help_text="Needed only by members of several workspaces.")
    title = serializers.CharField(max_length=200)
    real_set = serializers.PrimaryKeyRelatedField(queryset=ImageSet.objects.none())
    synthetic_set = serializers.PrimaryKeyRelatedField(queryset=ImageSet.objects.none())
    n_real = serializers.IntegerField(min_value=1)
    n_synthetic = serializers.IntegerField(min_value=1)
    reader_title = serializers.CharField(max_length=200, required=False)
    instructions = serializers.CharField(required=False, allow_blank=True)
    consent_text = serializers.CharField(required=False, allow_blank=True)
    margin = serializers.FloatField(
        required=False, help_text="Half-width of equivalence around 0.5, for balanced accuracy and AUC."
    )
    alpha = serializers.FloatField(required=False)
    match = serializers.BooleanField(required=False)
    repeats = serializers.FloatField(required=False, help_text="Share of cases shown twice to each reader.")
    min_lag = serializers.IntegerField(required=False)
    max_run = serializers.IntegerField(required=False, help_text="Longest run of one class; 0: no limit.")
    frame_size = serializers.IntegerField(required=False, allow_null=True)
    findings = serializers.ListField(
        child=serializers.CharField(max_length=50),
        required=False,
        help_text="Findings to ask about, absent or present.",
    )
    seed = serializers.CharField(max_length=100, required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Image sets are looked up among those that the user may see."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            for name in ("real_set", "synthetic_set"):
                fields[name].queryset = ImageSet.objects.visible_to(request.user)  # type: ignore[attr-defined]
        return fields


class LockSerializer(serializers.Serializer[Any]):
    """What locking may need."""

    acknowledgement = serializers.CharField(
        required=False, allow_blank=True, help_text="Why the study is locked in spite of its blinding report."
    )


class InvitationSerializer(serializers.Serializer[Any]):
    """For whom a link is made, and the link."""

    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    group = serializers.CharField(max_length=60, required=False, allow_blank=True)
    simulated = serializers.BooleanField(required=False)
    days = serializers.IntegerField(required=False, min_value=1, max_value=365)


class InvitedSerializer(serializers.Serializer[Any]):
    """A new reader, and the link, which is given once."""

    reader = serializers.CharField()
    link = serializers.URLField()
    expires_at = serializers.DateTimeField()


class ReaderProgressSerializer(serializers.Serializer[Any]):
    """How far one reader is; nothing of what was answered."""

    code = serializers.CharField()
    simulated = serializers.BooleanField()
    enrolled_at = serializers.DateTimeField(allow_null=True)
    consented_at = serializers.DateTimeField(allow_null=True)
    answered = serializers.IntegerField()
    total = serializers.IntegerField()
    last_reading_at = serializers.DateTimeField(allow_null=True)


class StudyViewSet(
    ResultsActions,
    ConcordanceActions,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    WorkspaceViewSet,
):
    """Blinded reader studies, from draft to unsealed."""

    queryset_model = Study
    serializer_class = StudySerializer
    actions_allowed: ClassVar[dict[str, Action]] = {
        "list": Action.VIEW_STUDIES,
        "retrieve": Action.VIEW_STUDIES,
        "create": Action.MANAGE_STUDIES,
        "destroy": Action.MANAGE_STUDIES,
        "lock": Action.MANAGE_STUDIES,
        "open": Action.MANAGE_STUDIES,
        "pause": Action.MANAGE_STUDIES,
        "close": Action.MANAGE_STUDIES,
        "invite": Action.MANAGE_STUDIES,
        "unseal": Action.UNSEAL,
        "progress": Action.VIEW_STUDIES,
        "protocol": Action.VIEW_STUDIES,
        **ResultsActions.results_actions,
        **ConcordanceActions.concordance_actions,
    }

    def get_queryset(self) -> Any:
        """The studies visible to the user."""
        return super().get_queryset().select_related("workspace")

    @extend_schema(request=StudyPlanSerializer, responses={201: StudySerializer})
    def create(self, request: Request) -> Response:
        """Make a draft; its cases are prepared in the background."""
        plan = StudyPlanSerializer(data=request.data, context={"request": request})
        plan.is_valid(raise_exception=True)
        values = {name: value for name, value in plan.validated_data.items() if name != "workspace"}
        workspace = self.workspace_for(Action.MANAGE_STUDIES)
        study = services.build_study(workspace=workspace, user=self.person, **values)
        return Response(StudySerializer(study).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Study) -> None:
        """Only drafts can be deleted."""
        services.discard_draft(study=instance, user=self.person)

    @extend_schema(request=LockSerializer, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, pk: str | None = None) -> Response:
        """Fix the protocol and seal the key."""
        wish = LockSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._step(services.lock_study, **wish.validated_data)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str | None = None) -> Response:
        """Let readers read."""
        return self._step(services.open_study)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Take no answers for a while."""
        return self._step(services.pause_study)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str | None = None) -> Response:
        """Take no more answers."""
        return self._step(services.close_study)

    @extend_schema(request=None, responses=StudySerializer)
    @action(detail=True, methods=["post"])
    def unseal(self, request: Request, pk: str | None = None) -> Response:
        """Publish the key."""
        return self._step(services.unseal_study)

    @extend_schema(request=InvitationSerializer, responses={201: InvitedSerializer})
    @action(detail=True, methods=["post"], url_path="invitations")
    def invite(self, request: Request, pk: str | None = None) -> Response:
        """Make a reader and their personal link, which is given in this answer only."""
        wish = InvitationSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        invitation = services.invite_reader(study=self.get_object(), user=self.person, **wish.validated_data)
        answer = {
            "reader": invitation.reader.code,
            "link": request.build_absolute_uri(invitation.path),
            "expires_at": invitation.expires_at,
        }
        return Response(answer, status=status.HTTP_201_CREATED)

    @extend_schema(responses=ReaderProgressSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def progress(self, request: Request, pk: str | None = None) -> Response:
        """How far every reader is."""
        return Response(ReaderProgressSerializer(self.get_object().readers_with_progress(), many=True).data)

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"])
    def protocol(self, request: Request, pk: str | None = None) -> Response:
        """The locked protocol, whose canonical JSON has the protocol hash."""
        study = self.get_object()
        if study.protocol is None:
            raise DjangoValidationError("The study is a draft: it has no protocol yet.")
        return Response(study.protocol)

    @property
    def person(self) -> User:
        """Who asks: `actions_allowed` lets nobody in who is not signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def _step(self, change: Any, **options: Any) -> Response:
        study = self.get_object()
        change(study=study, user=self.person, **options)
        return Response(StudySerializer(Study.objects.select_related("workspace").get(pk=study.pk)).data)


routes: list[tuple[str, Any]] = [("studies", StudyViewSet)]
