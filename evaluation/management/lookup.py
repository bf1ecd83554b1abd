"""What commands name: a workspace by its slug, rows by name or id."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.db.models import Model

from accounts.models import Workspace
from images.models import ImageSet

Row = TypeVar("Row", bound=Model)


def workspace_named(slug: str | None) -> Workspace:
    """The workspace, or the only one there is."""
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) != 1:
        raise CommandError("Name one workspace by its slug: --workspace SLUG.")
    return found[0]


def row_named(model: type[Row], workspace: Workspace, name: str) -> Row:
    """The newest row of the workspace with this name or id."""
    rows: Any = model._default_manager.filter(workspace=workspace).order_by("-created_at")
    found: Row | None = rows.filter(pk=name).first() if _is_id(name) else rows.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {name!r} in {workspace}.")
    return found


def set_named(workspace: Workspace, name: str) -> ImageSet:
    """The newest image set with this name or id."""
    return row_named(ImageSet, workspace, name)


def _is_id(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True
