"""Asking for every address of the site, with arguments that exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.test import Client

from reader_study.models import Study
from tests.reader_study import factories
from tests.reader_study.routes import Route

METHODS = ("get", "head", "options", "post", "put", "delete")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str


def ask(client: Client, method: str, path: str) -> Answer:
    """Ask, and take back whatever the request changed: rows, and the browser's cookies."""
    kept = client.cookies.copy()
    with transaction.atomic():
        response = getattr(client, method)(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies = kept
    text = f"{dict(response.items())} {response.cookies} " + body.decode("latin-1")
    return Answer(response.status_code, text)


def addresses(route: Route, study: Study, reader: Any) -> Iterator[str]:
    """The route's address, once for every row that it could be about."""
    tokens = factories.tokens_of(reader)
    values = {
        "pk": _keys(route, study),
        "study_token": [study.token],
        "token": [*tokens[:4], tokens[9], "nothing"],
        "secret": ["nothing"],
        "reader": [reader.pk],
        "name": ["roc"],
    }
    choices = [values.get(argument, [1]) for argument in route.arguments]
    for number in range(max(map(len, choices), default=1)):
        picked = [some[number % len(some)] for some in choices]
        yield route.filled(**dict(zip(route.arguments, picked)))


def _keys(route: Route, study: Study) -> list[str]:
    """One key of every model of the app that the route belongs to; the study's own first where it is ours."""
    app = getattr(route.view, "cls", route.view).__module__.split(".")[0]
    keys = [str(study.pk)] if app == "reader_study" else []
    for model in apps.get_models():
        if model._meta.app_label == app and isinstance(model._meta.pk, models.UUIDField):
            keys += [str(pk) for pk in model._base_manager.values_list("pk", flat=True)[:1]]
    return list(dict.fromkeys(keys)) or ["1"]
