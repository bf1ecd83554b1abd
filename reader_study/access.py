"""The readers' door: who may read in which study, decided by the Reader row alone."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render

from reader_study.models import Reader

# What readers' requests never need of a study; some of it they must never be near.
_NOT_FOR_READERS = (
    "study__title",
    "study__settings",
    "study__selection",
    "study__protocol",
    "study__blinding_report",
    "study__revealed_key",
)


class ReaderRequest(HttpRequest):
    """A request that passed the readers' door."""

    reader: Reader


View = Callable[..., HttpResponseBase]
Response = TypeVar("Response", bound=HttpResponseBase)


def private(response: Response) -> Response:
    """Keep a response out of every cache, and unchanged on its way."""
    response["Cache-Control"] = "private, no-store, no-transform"
    return response


def problem(status: int, detail: str, **members: Any) -> JsonResponse:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return private(JsonResponse(body, status=status, content_type="application/problem+json"))


def link_error(request: HttpRequest, reason: str, status: int) -> HttpResponseBase:
    """The page that says why a link opens nothing."""
    response = private(render(request, "reader_study/read_link_error.html", {"reason": reason}, status=status))
    # Django would log the address of the request, and the secret in it.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def find_reader(request: HttpRequest, study_token: str, *, hold: bool = False) -> Reader | None:
    """The signed-in user's reader row in the study of this address.

    `hold` keeps it from every other writer until the transaction ends: two tabs take turns.
    """
    if not request.user.is_authenticated:
        return None
    rows = Reader.objects.select_related("study").defer(*_NOT_FOR_READERS)
    if hold:
        rows = rows.select_for_update(of=("self",))
    return rows.filter(user=request.user, study__token=study_token).first()


def for_reader_page(view: View) -> View:
    """A page for a reader of the study in the address. Others learn nothing, not even whether it exists."""

    @wraps(view)
    def guarded(request: ReaderRequest, study_token: str, **kwargs: Any) -> HttpResponseBase:
        reader = find_reader(request, study_token)
        if reader is None:
            signed_in = request.user.is_authenticated
            return link_error(request, "unknown" if signed_in else "signed_out", 404 if signed_in else 403)
        request.reader = reader
        return private(view(request, **kwargs))

    guarded.for_readers = True  # type: ignore[attr-defined]  # read by the proofs of blinding
    return guarded


def for_reader_data(view: View) -> View:
    """As `for_reader_page`, answering with problem documents; consent must have been given."""
    return _data_view(view, hold=False)


def for_reader_answers(view: View) -> View:
    """As `for_reader_data`, in a transaction in which the reader is held."""
    return transaction.atomic(_data_view(view, hold=True))


def _data_view(view: View, *, hold: bool) -> View:
    @wraps(view)
    def guarded(request: ReaderRequest, study_token: str, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return problem(403, "Open your personal link again.")
        reader = find_reader(request, study_token, hold=hold)
        if reader is None:
            return problem(404, "There is no such study for you.")
        if reader.consented_at is None:
            return problem(403, "Read and accept the consent form first.")
        request.reader = reader
        return private(view(request, **kwargs))

    guarded.for_readers = True  # type: ignore[attr-defined]
    return guarded
