"""REST endpoints of this app, collected under /api/v1/ by config.api."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import evaluation.card_api
import evaluation.reconstruction.api
import evaluation.usefulness.api
from accounts.api import WorkspaceViewSet
from accounts.policy import Action
from evaluation.card_api import CardActions
from evaluation.models import OperatingPoint, Score, ScoreCard, ScoringRun
from evaluation.services import SUBGROUPS, cancel_scoring, start_scoring
from evaluation.weights import SEPARATOR, choice_to_extractor


class NetworkSerializer(serializers.Serializer[Any]):
    """A further network: metrics on features are computed in the space of each."""

    extractor = serializers.CharField(max_length=60)
    weights = serializers.CharField(max_length=500, allow_blank=True, required=False, default="")


class ScoringRunSerializer(serializers.ModelSerializer[ScoringRun]):
    """A scoring run; `card` is the score card's id once there is one."""

    also = NetworkSerializer(many=True, required=False, help_text="Further networks.")
    metrics = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, help_text="Names of metrics; empty for all."
    )
    subgroups = serializers.ListField(
        child=serializers.ChoiceField(SUBGROUPS),
        required=False,
        help_text="Attributes by whose values everything is computed again.",
    )
    card = serializers.SerializerMethodField()

    class Meta:
        model = ScoringRun
        fields = [
            "id", "synthetic", "reference", "training", "extractor", "weights", "also", "metrics", "subgroups", "operating_point",
            "seed", "anew", "state", "done", "total", "message", "error", "created_at", "started_at", "finished_at", "card",
        ]  # fmt: skip
        read_only_fields = ["state", "done", "total", "message", "error", "created_at", "started_at", "finished_at"]

    def get_card(self, run: ScoringRun) -> str | None:
        """The card's id, or null."""
        return str(run.card.pk) if hasattr(run, "card") else None


class ScoreSerializer(serializers.ModelSerializer[Score]):
    """One number with its interval and yardstick, or the reason why it was refused."""

    class Meta:
        model = Score
        fields = [
            "metric", "space", "finding", "subgroup", "value", "low", "high", "n", "method", "direction", "baseline",
            "baseline_label", "refused", "extra", "measured_at",
        ]  # fmt: skip


class ScoreCardSerializer(serializers.ModelSerializer[ScoreCard]):
    """A score card without its numbers."""

    class Meta:
        model = ScoreCard
        fields = ["id", "run", "synthetic", "reference", "created_at"]


class ScoreCardDetailSerializer(ScoreCardSerializer):
    """A score card with its numbers and all that they depend on."""

    scores = ScoreSerializer(many=True)

    class Meta(ScoreCardSerializer.Meta):
        fields = [*ScoreCardSerializer.Meta.fields, "scores", "neighbours", "provenance"]


def _network(field: str, data: dict[str, Any]) -> tuple[str, str]:
    """(extractor, weights) as offered; a caller must not make the server read weights of their choosing."""
    weights = data.get("weights", "")
    try:
        if data["extractor"] == "random-densenet" and weights.isdigit():
            return data["extractor"], weights
        return choice_to_extractor(f"{data['extractor']}{SEPARATOR}{weights}")
    except ValidationError as error:
        raise serializers.ValidationError({field: error.messages}) from error


class ScoringRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, WorkspaceViewSet):
    """Scoring runs: start one, follow it, cancel it."""

    queryset_model = ScoringRun
    serializer_class = ScoringRunSerializer
    actions_allowed = {
        "list": Action.VIEW_SCORES,
        "retrieve": Action.VIEW_SCORES,
        "create": Action.SCORE,
        "cancel": Action.SCORE,
    }

    def perform_create(self, serializer: Any) -> None:
        """Start the run in the workspace of its sets."""
        data = serializer.validated_data
        self.check_object_permissions(self.request, data["synthetic"])
        extractor, weights = _network("extractor", data)
        serializer.instance = start_scoring(
            synthetic=data["synthetic"],
            reference=data["reference"],
            training=data.get("training"),
            extractor=extractor,
            weights=weights,
            also=[_network("also", one) for one in data.get("also", ())],
            metrics=data.get("metrics", ()),
            subgroups=data.get("subgroups", ()),
            operating_point=data.get("operating_point", OperatingPoint.WEIGHTS),
            seed=data.get("seed", 0),
            anew=data.get("anew", False),
            user=self.request.user,  # type: ignore[arg-type]
        )

    @extend_schema(request=None, responses=ScoringRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Ask for the run to stop."""
        run = self.get_object()
        cancel_scoring(run=run, user=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(run).data, status=status.HTTP_200_OK)


class ScoreCardViewSet(CardActions, mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Score cards: the scores of one synthetic set against one reference set, each with its interval."""

    queryset_model = ScoreCard
    actions_allowed = {"list": Action.VIEW_SCORES, "retrieve": Action.VIEW_SCORES, **CardActions.actions_beside}

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Numbers come with one card, not with the list."""
        return ScoreCardDetailSerializer if self.action == "retrieve" else ScoreCardSerializer


routes: list[tuple[str, Any]] = [
    ("scoring-runs", ScoringRunViewSet),
    ("score-cards", ScoreCardViewSet),
    *evaluation.card_api.routes,
    *evaluation.usefulness.api.routes,
    *evaluation.reconstruction.api.routes,
]
