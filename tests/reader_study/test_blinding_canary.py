"""Proof by marking: a word in every private column, none of them in anything that a reader can get.

Every text column of every model is found by introspection and given a word of its own, in rows of every model. Then the
whole site is crawled as the reader, who reads on in between: every address that the resolver knows, in every way of
asking. No word may come back in a body, in a header, in the log, or go into a message for a worker.
"""

import logging
from collections.abc import Iterator
from typing import Any

import celery
import pgtrigger
import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.test import Client

from reader_study.models import Case, Study
from tests.reader_study import factories
from tests.reader_study.crawl import METHODS, addresses, ask
from tests.reader_study.routes import all_routes
from tests.reader_study.rows import one_of_every_model

pytestmark = pytest.mark.django_db

OURS = {"accounts", "audit", "jobs", "images", "generation", "evaluation", "reader_study"}

# What readers are meant to see, and what the machinery needs unchanged to serve them at all.
NOT_PRIVATE = {
    "reader_study.Study": {"reader_title", "instructions", "consent_text", "form", "token", "state"},
    "reader_study.Reader": {"code", "seed"},
    "reader_study.Presentation": {"token"},
    "reader_study.Reading": {"answers"},
    "reader_study.Invitation": {"token_hash"},
    # By what the session knows people, and their role.
    "accounts.User": {"password"},
    "accounts.Membership": {"role"},
    "accounts.Workspace": {"slug"},
}
SHORTEST = 7


def text_columns(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """The columns of a model that can hold a word, less those that are no secret."""
    open_ones = NOT_PRIVATE.get(model._meta.label, set())
    for field in model._meta.local_concrete_fields:
        holds = isinstance(
            field, models.CharField | models.TextField | models.JSONField | models.FileField | ArrayField
        )
        if holds and field.name not in open_ones and not field.choices and (field.max_length or 99) >= SHORTEST:
            yield field


class Canaries:
    """The words, and the columns that they stand for."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def word(self, where: str) -> str:
        """A new word of seven letters."""
        word = f"zq{len(self.words):04d}k"
        self.words[word] = where
        return word

    def found_in(self, text: str) -> list[str]:
        """The columns whose words are in `text`."""
        return sorted({where for word, where in self.words.items() if word in text}) if "zq" in text else []

    def mark(self, *, except_for: models.Model) -> None:
        """Put a word into every text column of every row of every model of ours, but for one row."""
        for model in apps.get_models():
            if model._meta.app_label in OURS:
                for row in model._base_manager.all():
                    if row != except_for:
                        self._mark_row(row)

    def _mark_row(self, row: models.Model) -> None:
        for field in text_columns(type(row)):
            word = self.word(f"{row._meta.label}.{field.name}")
            rows = type(row)._base_manager.filter(pk=row.pk)
            rows.update(**{field.name: self._value(row, field, word)})

    def _value(self, row: models.Model, field: models.Field[Any, Any], word: str) -> Any:
        if isinstance(field, models.JSONField):
            return {word: [word]}
        if isinstance(field, ArrayField):
            return [word]
        if (row._meta.label, field.name) in {("reader_study.Case", "frame"), ("images.Image", "file")}:
            # A path that says everything must still lead to the file.
            path, old = f"{word}/{row.pk}", str(field.value_from_object(row))
            if default_storage.exists(old):
                default_storage.save(path, ContentFile(default_storage.open(old).read()))
            return path
        return word


@pytest.fixture
def marked(workspace: Any, coordinator: Any) -> tuple[Study, Client, Any, Canaries]:
    """A study with a reader in the middle of it, in a house where every private column is marked."""
    study = factories.build_open(workspace, coordinator)
    client, reader = factories.enter(study, user=coordinator, label="Dr A. Private")
    factories.send(client, study, factories.event(factories.tokens_of(reader)[0]))
    canaries = Canaries()
    with pgtrigger.ignore():
        one_of_every_model(OURS)
        # Their own name is the one thing that readers may be told of their account.
        canaries.mark(except_for=reader.user)
    reader.refresh_from_db()
    study.refresh_from_db()
    return study, client, reader, canaries


def test_every_model_of_ours_is_marked(marked: tuple[Study, Client, Any, Canaries]) -> None:
    *_, canaries = marked
    columns = set(canaries.words.values())
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in text_columns(model):
                assert f"{model._meta.label}.{field.name}" in columns
    for column in ("CaseKey.generator", "Study.title", "Study.protocol", "Case.frame", "Reader.label"):
        assert f"reader_study.{column}" in columns
    assert {"images.ImageSet.name", "images.ImageSetItem.caption", "images.Image.file"} <= columns
    assert any(column.startswith("generation.") for column in columns)


def test_no_marked_word_reaches_a_reader(
    marked: tuple[Study, Client, Any, Canaries], caplog: Any, monkeypatch: Any
) -> None:
    study, client, reader, canaries = marked
    caplog.set_level(logging.INFO)
    sent: list[str] = []
    monkeypatch.setattr(celery.Task, "apply_async", lambda task, *args, **kwargs: sent.append(str((args, kwargs))))
    client.raise_request_exception = False
    found = {}
    for route in all_routes():
        for path in addresses(route, study, reader):
            for method in METHODS if path == next(addresses(route, study, reader)) else METHODS[:1]:
                words = canaries.found_in(ask(client, method, path).text)
                found |= {(method, path): words} if words else {}
    factories.read_all(client, study)
    for path in ("", "session"):
        assert not canaries.found_in(ask(client, "get", f"/read/{study.token}/{path}").text)
    assert not found
    assert not canaries.found_in("\n".join([caplog.text, *sent]))


def test_crawl_would_find_a_word(marked: tuple[Study, Client, Any, Canaries], coordinator: Any) -> None:
    study, *_, canaries = marked
    client = Client()
    client.force_login(coordinator)
    found = canaries.found_in(ask(client, "get", "/studies/").text)
    assert "reader_study.Study.title" in found


def test_marked_frames_are_still_served(marked: tuple[Study, Client, Any, Canaries]) -> None:
    study, client, reader, _ = marked
    assert Case.objects.first().frame.startswith("zq")
    token = factories.tokens_of(reader)[1]
    assert client.get(f"/read/{study.token}/frames/{token}").status_code == 200
