"""Errors of the API as problem documents (RFC 9457, application/problem+json)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import exceptions, views
from rest_framework.response import Response


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, with Django's own validation errors understood and the body in problem form."""
    if isinstance(exc, DjangoValidationError):
        exc = exceptions.ValidationError(exc.message_dict if hasattr(exc, "error_dict") else {"detail": exc.messages})
    response = views.exception_handler(exc, context)
    if response is None:
        return None
    response.data = _problem(response.status_code, response.data)
    response.content_type = "application/problem+json"
    return response


def _problem(status: int, data: Any) -> dict[str, Any]:
    errors = data if isinstance(data, dict) else {"detail": data}
    errors = {field: value if isinstance(value, list) else [value] for field, value in errors.items()}
    detail = " ".join(str(message) for messages in errors.values() for message in messages)
    problem: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    problem["detail"] = detail
    if status == HTTPStatus.BAD_REQUEST:
        problem["errors"] = {field: [str(message) for message in messages] for field, messages in errors.items()}
    return problem
