"""The page that says which automatic metric predicts the readers of a workspace."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.access import WorkspaceRequest, requires
from accounts.policy import Action
from reader_study.analysis.concordance.across import Across, Prediction
from reader_study.analysis.methods import METHODS
from reader_study.figures import drawn
from reader_study.presentation.cells import p_text
from reader_study.results.board import ENDPOINTS, Board, Column, Known, Row, read_board
from reader_study.results.board_figure import draw


@dataclass(frozen=True)
class Shown:
    """A prediction with its metric. as_hoped: whether a better score goes with readers who tell less; is_chosen: drawn."""

    prediction: Prediction
    column: Column
    is_chosen: bool

    @property
    def p_values(self) -> tuple[str, str]:
        """Exact and adjusted, as they are printed."""
        return p_text(self.prediction.rho.p_value), p_text(self.prediction.p_adjusted)

    @property
    def strength(self) -> float:
        """Of the correlation, whatever its sign; rounded, so that ties are ties."""
        return round(abs(self.prediction.rho.value or 0.0), 9)

    @property
    def as_hoped(self) -> bool:
        """Whether the order has the sign that is hoped for."""
        return (self.prediction.rho.value or 0.0) * self.column.hoped > 0


@dataclass(frozen=True)
class ShownSet:
    """A row of the table of sets. metric: of the one that is drawn; readers: a number or None for each of ENDPOINTS."""

    row: Row
    metric: Known | None
    readers: list[Known | None]


@require_safe
@requires(Action.VIEW_RESULTS)
def concordance(request: WorkspaceRequest) -> HttpResponse:
    """Metrics beside readers over synthetic sets: `?reference=`, `?space=`; `?asked=` chooses what of the readers,
    `?metric=` what is drawn beside it."""
    board = read_board(request.user, request.workspace, request.GET)
    across = board.across
    chosen = _chosen(across, request.GET.get("metric", ""), request.GET.get("asked", ""))
    of_readers = [one for one in across.predictions if chosen and one.asked == chosen.asked]
    shown = [Shown(one, board.columns[one.metric], one is chosen) for one in of_readers]
    context: dict[str, Any] = {
        "board": board,
        "across": across,
        "shown": shown,
        "as_strong": sum(one.strength == shown[0].strength for one in shown[1:]) if shown else 0,
        "chosen": next((one for one in shown if one.is_chosen), None),
        "sets": [_shown_set(row, chosen) for row in board.rows],
        "endpoints": ENDPOINTS,
        "method": METHODS["spearman_exact"],
        "simulated": any(row.simulated for row in board.counted),
    }
    return render(request, "reader_study/concordance.html", context)


@require_safe
@requires(Action.VIEW_RESULTS)
def concordance_figure(request: WorkspaceRequest) -> HttpResponse:
    """The points of `?metric=` and `?asked=` as SVG; with ?download it is saved instead of shown."""
    board = read_board(request.user, request.workspace, request.GET)
    metric, asked = request.GET.get("metric", ""), request.GET.get("asked", "")
    points = board.points(metric, asked)
    if not points:
        raise Http404
    picture = drawn(lambda: draw(points, board.columns[metric], asked), "svg")
    response = HttpResponse(picture, content_type="image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = 'attachment; filename="concordance.svg"'
    return response


def _chosen(across: Across, metric: str, asked: str) -> Prediction | None:
    """The prediction that was asked for, else the strongest for what readers were asked, else the strongest of all."""
    of_readers = [one for one in across.predictions if one.asked == asked] or list(across.predictions)
    return next((one for one in of_readers if one.metric == metric), next(iter(of_readers), None))


def _shown_set(row: Row, chosen: Prediction | None) -> ShownSet:
    metric = row.metrics.get(chosen.metric) if chosen else None
    return ShownSet(row, metric, [row.readers.get(asked) for asked in ENDPOINTS])


def document_of(board: Board) -> dict[str, Any]:
    """The board as the API gives it: every number of the page."""
    across = board.across
    return {
        "reference": str(board.reference.pk) if board.reference else None,
        "space": board.space,
        "spaces": [{"key": space.key, "name": space.name} for space in board.spaces],
        "reason": across.reason,
        "sets": [
            {
                "name": row.name,
                "image_set": str(row.image_set.pk),
                "study": str(row.study.pk),
                "score_card": str(row.card.pk) if row.card else None,
                "simulated_readers": row.simulated,
                "missing": row.missing,
                "metrics": _numbers(row.metrics),
                "readers": _numbers(row.readers),
            }
            for row in board.rows
        ],
        "predictions": [_prediction(one, board.columns[one.metric]) for one in across.predictions],
    }


def _numbers(known: Any) -> dict[str, Any]:
    return {name: {"value": one.value, "low": one.low, "high": one.high} for name, one in known.items()}


def _prediction(one: Prediction, column: Column) -> dict[str, Any]:
    inside = one.rho.interval
    return {
        "metric": one.metric,
        "title": column.title,
        "asked": one.asked,
        "rho": one.rho.value,
        "low": inside.low if inside else None,
        "high": inside.high if inside else None,
        "p": one.rho.p_value,
        "p_adjusted": one.p_adjusted,
        "n": one.rho.n,
        "hoped_sign": column.hoped,
        "method": one.rho.method,
    }


concordance_urls = [
    path("studies/concordance/", concordance, name="concordance"),
    path("studies/concordance.svg", concordance_figure, name="concordance_svg"),
]
