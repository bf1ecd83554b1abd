"""At least one row of every model, whatever the model is: made from its columns alone."""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models


def one_of_every_model(labels: Collection[str]) -> None:
    """Make a row of every model of these apps that has none."""
    for model in apps.get_models():
        if model._meta.app_label in labels and not model._base_manager.exists():
            a_row(model)


def a_row(model: type[models.Model]) -> models.Model:
    """A row of `model`; rows that it must point to are taken if there are any, else made."""
    values = {
        field.name: _value(field)
        for field in model._meta.concrete_fields
        if not (field.has_default() or field.null or field.auto_created or getattr(field, "auto_now_add", False))
    }
    return model._base_manager.create(**values)


def _value(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        related = field.remote_field.model
        taken = isinstance(field, models.OneToOneField)
        return a_row(related) if taken else related._base_manager.first() or a_row(related)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, ArrayField):
        return []
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.DateTimeField):
        return datetime(2030, 1, 1, tzinfo=UTC)
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        return uuid.uuid4().hex[: field.max_length or 32]
    return 1
