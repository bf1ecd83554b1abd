"""The reading room as readers will see it, for those who run the study: a few cases, nothing kept.

The cases' addresses live in the coordinator's session and nowhere else; answers only move the preview on.
"""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import WorkspaceRequest, require_action, requires
from accounts.policy import Action
from reader_study import chance, design
from reader_study.access import private, problem
from reader_study.models import Case, Study, StudyState
from reader_study.services import readings
from reader_study.services.lifecycle import form_of
from reader_study.sitting import Seat, Sitting, sitting
from reader_study.views.reading import frame_response

CASES = 8


def _study(request: WorkspaceRequest, pk: Any) -> Study:
    study = get_object_or_404(Study.objects.visible_to(request.user), pk=pk)
    require_action(request.user, study.workspace, Action.MANAGE_STUDIES)
    return study


def _deck(request: WorkspaceRequest, study: Study) -> dict[str, Any]:
    """The preview in this session: addresses and codes in order, and how many were answered."""
    deck: dict[str, Any] | None = request.session.get(f"preview-{study.pk}")
    if deck is None:
        raise Http404
    return deck


def _start(request: WorkspaceRequest, study: Study) -> None:
    codes = Case.objects.filter(study=study).values_list("code", flat=True)
    chosen = design.shuffled(codes, seed=chance.nonce(), purpose="preview")[:CASES]
    deck = {"cases": [[chance.token(), code] for code in chosen], "answered": 0}
    request.session[f"preview-{study.pk}"] = deck


def _sitting(study: Study, deck: dict[str, Any]) -> Sitting:
    answered = deck["answered"]
    seats = [Seat(token, place, place < answered) for place, (token, _) in enumerate(deck["cases"])]
    return sitting(
        reader="preview",
        state=StudyState.OPEN,
        form=form_of(study),
        total=len(seats),
        answered=answered,
        seats=seats,
    )


@require_safe
@requires(Action.MANAGE_STUDIES)
@ensure_csrf_cookie
def preview(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """Start a preview or go on with it; after the last case comes the readers' last page, and then a new preview."""
    study = _study(request, pk)
    if not study.blinding_report:
        return redirect(study)
    deck = request.session.get(f"preview-{study.pk}")
    if deck is None:
        _start(request, study)
    elif deck["answered"] >= len(deck["cases"]):
        del request.session[f"preview-{study.pk}"]
        thanks = "This was a preview: nothing was kept. Reload the page for another one."
        context = {"title": study.reader_title, "total": len(deck["cases"]), "thanks": thanks, "preview": True}
        return private(render(request, "reader_study/read_finished.html", context))
    return private(render(request, "reader_study/read_room.html", _room(study)))


def _room(study: Study) -> dict[str, Any]:
    return {
        "title": f"Preview: {study.reader_title}",
        "instructions": study.instructions,
        "preview": True,
        "session_url": reverse("reader_study:preview_session", args=[study.pk]),
        "answers_url": reverse("reader_study:preview_answers", args=[study.pk]),
        "frames_url": reverse("reader_study:preview_frame", args=[study.pk, "x"]).removesuffix("x"),
    }


@require_safe
@requires(Action.MANAGE_STUDIES)
def session(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """Where the preview stands."""
    study = _study(request, pk)
    return private(JsonResponse(_sitting(study, _deck(request, study)).as_json()))


@require_GET
@requires(Action.MANAGE_STUDIES)
def frame(request: WorkspaceRequest, pk: Any, token: str) -> HttpResponse:
    """The frame of one of the preview's cases."""
    study = _study(request, pk)
    code = dict(_deck(request, study)["cases"]).get(token)
    return private(frame_response(get_object_or_404(Case, study=study, code=code)))


@require_POST
@requires(Action.MANAGE_STUDIES)
def answers(request: WorkspaceRequest, pk: Any) -> HttpResponse:
    """Move the preview on; the answers themselves go nowhere."""
    study = _study(request, pk)
    deck = _deck(request, study)
    try:
        events = readings.parse_events(request.body)
    except readings.AnswerRefused as refusal:
        return problem(refusal.status, refusal.detail, refused=refusal.keys)
    places = {token: place for place, (token, _) in enumerate(deck["cases"])}
    reached = [places[event.token] + 1 for event in events if event.token in places]
    deck["answered"] = max([deck["answered"], *reached])
    request.session[f"preview-{study.pk}"] = deck
    stored = [str(event.key) for event in events]
    return private(JsonResponse({"stored": stored, "session": _sitting(study, deck).as_json()}))
