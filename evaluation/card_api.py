"""REST endpoints of score cards beside each other, their files, and paired comparisons; mounted by evaluation.api."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import WorkspaceViewSet
from accounts.policy import Action
from evaluation.board_query import read_board
from evaluation.comparing import ComparedLine, cautions, chosen_cards, compare_cards, visible_cards
from evaluation.exports import EXPORTS
from evaluation.leaderboard import Line
from evaluation.models import PairedComparison, ScoreCard
from evaluation.pairing.services import cancel_paired, start_paired
from evaluation.services.reports import kept_report


class FileRenderer(BaseRenderer):
    """Sends bytes as they are; what is no bytes is an error's document."""

    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The file."""
        return data if isinstance(data, bytes) else json.dumps(data).encode()


def _renderer(name: str) -> type[BaseRenderer]:
    media_type = EXPORTS[name].content_type.partition(";")[0]
    return type(f"{name.title().replace('-', '')}Renderer", (FileRenderer,), {"format": name, "media_type": media_type})


# JSON first: what comes when no format is asked for.
RENDERERS = [_renderer(name) for name in sorted(EXPORTS, key=lambda name: name != "json")]


def _query(*names: str) -> list[OpenApiParameter]:
    return [OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY) for name in names]


class CardActions:
    """What the score cards' view set offers beside list and detail."""

    actions_beside = {
        "export": Action.VIEW_SCORES,
        "leaderboard": Action.VIEW_SCORES,
        "comparison": Action.VIEW_SCORES,
    }

    @extend_schema(parameters=_query("format"), responses={200: OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], renderer_classes=RENDERERS)
    def export(self, request: Request, pk: str | None = None) -> Response:
        """The whole card as a file: `format` is json, csv, markdown, model-index or pdf."""
        card = self.get_object()  # type: ignore[attr-defined]
        name = str(request.accepted_renderer.format)
        disposition = f'attachment; filename="score-card-{str(card.pk)[:8]}.{EXPORTS[name].extension}"'
        scores = list(card.scores.all())
        made = (kept_report(card, scores) if name == "pdf" else None) or EXPORTS[name].make(card, scores)
        return Response(made, headers={"Content-Disposition": disposition})

    @extend_schema(
        parameters=_query("reference", "prompts", "space", "metric", "sort", "q", "own"),
        responses={200: OpenApiTypes.OBJECT},
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def leaderboard(self, request: Request) -> Response:
        """Image sets ranked against one reference; rows that share a letter of `rank` are tied."""
        board = read_board(visible_cards(request.user), request.GET)
        return Response(
            {
                "reference": str(board.reference.pk) if board.reference else None,
                "space": board.space,
                "spaces": [{"key": space.key, "name": space.name} for space in board.spaces],
                "metrics": board.columns,
                "rows": [_line(line) for line in board.lines],
                "published": [
                    {"model": row.published.model, "definition": row.published.definition,
                     "source": row.published.source, "values": dict(row.published.values)}
                    for row in board.published
                ],
            }
        )  # fmt: skip

    @extend_schema(parameters=_query("card"), responses={200: OpenApiTypes.OBJECT})
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def comparison(self, request: Request) -> Response:
        """Cards side by side: `card` two to six times; differences are from the first, as if the cards were independent."""
        cards = chosen_cards(visible_cards(request.user), request.GET.getlist("card"))
        lines = compare_cards(cards) if len(cards) > 1 else []
        found = cautions(cards) if len(cards) > 1 else []
        document = [_compared(line, cards) for line in lines]
        return Response({"cards": [str(card.pk) for card in cards], "cautions": found, "scores": document})


def _line(line: Line) -> dict[str, Any]:
    scores = {
        name: {"value": cell.score.value, "low": cell.score.low, "high": cell.score.high, "rank": cell.letters}
        for name, cell in line.cells.items()
    }
    return {"name": line.name, "card": str(line.card.pk), "synthetic": str(line.card.synthetic_id), "scores": scores}


def _compared(line: ComparedLine, cards: list[ScoreCard]) -> dict[str, Any]:
    cells = []
    for card, cell in zip(cards, line.cells, strict=True):
        score, gap = cell.score, cell.difference
        cells.append(
            {
                "card": str(card.pk),
                **({"value": score.value, "low": score.low, "high": score.high} if score else {}),
                "difference": {"value": gap.value, "low": gap.low, "high": gap.high, "word": gap.word} if gap else None,
            }
        )
    return {"metric": line.title, "axis": line.axis, "space": line.space, "direction": line.direction, "cards": cells}


class PairedComparisonSerializer(serializers.ModelSerializer[PairedComparison]):
    """A paired comparison; `results` has a row a metric once it has succeeded."""

    primary = serializers.ListField(child=serializers.CharField())
    also = serializers.ListField(child=serializers.CharField(), required=False, default=list)

    class Meta:
        model = PairedComparison
        fields = [
            "id", "first", "other", "primary", "also", "seed", "state", "message", "error", "created_at", "finished_at",
            "results",
        ]  # fmt: skip
        read_only_fields = ["state", "message", "error", "created_at", "finished_at", "results"]


class PairedComparisonViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, WorkspaceViewSet
):
    """Paired comparisons of two cards of the same prompts and seeds: start one, follow it, cancel it."""

    queryset_model = PairedComparison
    serializer_class = PairedComparisonSerializer
    actions_allowed = {
        "list": Action.VIEW_SCORES,
        "retrieve": Action.VIEW_SCORES,
        "create": Action.SCORE,
        "cancel": Action.SCORE,
    }

    def perform_create(self, serializer: Any) -> None:
        """Start the comparison in the workspace of its cards."""
        data = serializer.validated_data
        self.check_object_permissions(self.request, data["first"])
        serializer.instance = start_paired(**data, user=self.request.user)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=PairedComparisonSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Ask for the comparison to stop."""
        run = self.get_object()
        cancel_paired(run=run, user=request.user)  # type: ignore[arg-type]
        run.refresh_from_db()
        return Response(self.get_serializer(run).data)


routes: list[tuple[str, Any]] = [("paired-comparisons", PairedComparisonViewSet)]
