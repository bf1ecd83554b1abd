"""What readers see: the personal link, the consent form, the reading room, and its three data routes.

Every response is built from `Sitting` (an allow-list) and the four texts written for readers.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from reader_study.access import (
    ReaderRequest,
    for_reader_answers,
    for_reader_data,
    for_reader_page,
    link_error,
    private,
    problem,
)
from reader_study.models import Case, Reader, StudyState
from reader_study.services import enrolment, readings
from reader_study.sitting import Sitting, sitting_of

SECONDS_PER_CASE = 20


@require_http_methods(["GET", "POST"])
def follow_link(request: HttpRequest, secret: str) -> HttpResponseBase:
    """A personal link: signs its reader in and goes to the study.

    Somebody who is signed in as another person is asked first (and answers by POST), so that a coordinator who tries a
    link neither enrols by accident nor is signed out unawares.
    """
    try:
        invitation = enrolment.find_invitation(secret)
        stranger = request.user.is_authenticated and request.user.pk != invitation.reader.user_id
        if stranger and request.method == "GET":
            return private(render(request, "reader_study/read_switch.html"))
        reader = enrolment.enrol(secret=secret)
    except enrolment.InvitationRefused as refusal:
        return link_error(request, refusal.reason, refusal.status)
    if request.user.pk != reader.user_id:
        assert reader.user is not None
        login(request, reader.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return private(redirect("reader_study:read", study_token=reader.study.token))


@require_safe
@ensure_csrf_cookie
@for_reader_page
def read(request: ReaderRequest) -> HttpResponse:
    """The consent form first, then the reading room; or the word that the study cannot be read now, or is finished."""
    reader = request.reader
    context: dict[str, Any] = {"title": reader.study.reader_title, "reader": reader.code}
    if reader.study.state != StudyState.OPEN:
        return render(request, "reader_study/read_closed.html", {**context, "state": _public_state(reader)})
    now = sitting_of(reader)
    context |= {"instructions": reader.study.instructions, "total": now.total}
    if reader.consented_at is None:
        return render(request, "reader_study/read_consent.html", {**context, **_consent_facts(reader, now)})
    if now.current is None:
        return render(request, "reader_study/read_finished.html", context)
    return render(request, "reader_study/read_room.html", {**context, **_room_addresses(reader)})


def _public_state(reader: Reader) -> str:
    """Readers are not told of the unsealing: a closed study is closed."""
    state = reader.study.state
    return StudyState.CLOSED if state == StudyState.UNSEALED else state


def _consent_facts(reader: Reader, now: Sitting) -> dict[str, Any]:
    minutes = max(1, round(now.total * SECONDS_PER_CASE / 60))
    return {"consent_text": reader.study.consent_text, "minutes": minutes}


def _room_addresses(reader: Reader) -> dict[str, str]:
    token = reader.study.token
    return {
        "session_url": reverse("reader_study:read_session", args=[token]),
        "answers_url": reverse("reader_study:read_answers", args=[token]),
        "frames_url": reverse("reader_study:read_frame", args=[token, "x"]).removesuffix("x"),
    }


@require_POST
@for_reader_page
def consent(request: ReaderRequest) -> HttpResponse:
    """Take the consent form."""
    reader = request.reader
    if reader.study.state == StudyState.OPEN and request.POST.get("consent") == "on":
        enrolment.consent(reader=reader)
        return redirect("reader_study:read", study_token=reader.study.token)
    if reader.study.state != StudyState.OPEN:
        return redirect("reader_study:read", study_token=reader.study.token)
    now = sitting_of(reader)
    context: dict[str, Any] = {"title": reader.study.reader_title, "reader": reader.code, "total": now.total}
    context |= {"instructions": reader.study.instructions, "error": "Tick the box if you want to take part."}
    return render(request, "reader_study/read_consent.html", {**context, **_consent_facts(reader, now)}, status=400)


@require_safe
@for_reader_data
def session(request: ReaderRequest) -> HttpResponse:
    """Where the reader stands."""
    return JsonResponse(_session(request.reader))


def _session(reader: Reader) -> dict[str, Any]:
    return {**sitting_of(reader).as_json(), "state": _public_state(reader)}


@require_GET
@for_reader_data
def frame(request: ReaderRequest, token: str) -> HttpResponse:
    """The raw frame of a case that may be shown now: the current one, the previous one, or one of the next two."""
    if token not in sitting_of(request.reader).tokens:
        return problem(404, "This case is not yours to see now.")
    case = Case.objects.only("frame").get(presentations__token=token, presentations__reader=request.reader)
    return frame_response(case)


def frame_response(case: Case) -> HttpResponse:
    """Bytes of a constant number, with headers that are the same for every case."""
    data = case.frame_bytes()
    response = HttpResponse(data, content_type="application/octet-stream")
    # Compression would bring the picture's complexity back as a length; a stated encoding keeps it away.
    response["Content-Encoding"] = "identity"
    response["Content-Length"] = str(len(data))
    return response


@require_POST
@for_reader_answers
def answers(request: ReaderRequest) -> HttpResponse:
    """Store answers and say which, and where the reader stands now."""
    try:
        stored = readings.record_answers(reader=request.reader, events=readings.parse_events(request.body))
    except readings.AnswerRefused as refusal:
        return problem(refusal.status, refusal.detail, refused=refusal.keys)
    return JsonResponse({"stored": stored, "session": _session(request.reader)})
