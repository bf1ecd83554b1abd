"""Registering checkpoints: from a folder, from the hub, from an upload."""

import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User, Workspace
from audit.services import record
from generation.engine import CheckpointError, CheckpointFacts, fetch_checkpoint, inspect_checkpoint
from generation.models import Checkpoint, CheckpointFetch
from generation.services.archives import unpack
from generation.services.places import MANY, overrides_from, stores_on_disk
from jobs.models import Cancelled

FOLDER = "checkpoints"


def register_checkpoint(
    *,
    workspace: Workspace,
    name: str,
    location: str,
    revision: str = "",
    overrides: dict[str, str | list[str]] | None = None,
    user: User | None,
) -> Checkpoint:
    """Inspect the checkpoint at `location`, a folder or a hub id ("owner/name"), and register it.

    A hub id is fetched before this returns; pages and API use `fetch_hub_checkpoint` instead. `overrides` maps parts
    (vae, text_encoder, unet, textual_projection; lists for textual_embeddings, lora) to their places. The same content
    under the same name gives the row that is there.

    Raises ValidationError with what is wrong and what to do.
    """
    folder = Path(location).expanduser()
    try:
        if folder.exists() or folder.is_absolute() or location.startswith("."):
            values = {"kind": Checkpoint.Kind.FOLDER, "location": str(folder.resolve())}
            path, cache = folder.resolve(), None
        else:
            snapshot = fetch_checkpoint(location, revision)
            values = {"kind": Checkpoint.Kind.HUB, "location": location, "revision": snapshot.revision}
            path, cache = snapshot.path, snapshot.cache
        overrides = _resolved(overrides or {})
        facts = inspect_checkpoint(path, overrides_from(overrides), trusted_root=cache)
    except CheckpointError as error:
        raise ValidationError(str(error)) from error
    return _save(workspace, name, facts, user, overrides=overrides, **values)


def upload_checkpoint(*, workspace: Workspace, name: str, file: "UploadedFile[Any]", user: User) -> Checkpoint:
    """Unpack, inspect, store and register an uploaded zip of a checkpoint folder.

    Nothing is left behind where it fails. Raises ValidationError with what is wrong and what to do.
    """
    _check_name(workspace, name)
    root = Path(default_storage.path(FOLDER)) if stores_on_disk() else Path(settings.NEGATOSCOPE_HOME) / "incoming"
    draft = root / f".incoming-{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    try:
        folder = unpack(file, file.size or 0, draft)
        facts = inspect_checkpoint(folder)
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        location = _store(folder, facts.digest, files)
    except CheckpointError as error:
        raise ValidationError(str(error)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _save(workspace, name, facts, user, kind=Checkpoint.Kind.UPLOAD, location=location, files=files)


def _store(folder: Path, digest: str, files: list[str]) -> str:
    """Move the folder into the storage under its digest, whole or not at all, and return its key."""
    location = f"{FOLDER}/{digest}"
    if stores_on_disk():
        target = Path(default_storage.path(location))
        if not target.exists():
            os.replace(folder, target)
        return location
    # model_index.json goes last: a folder without it is not a checkpoint yet.
    for name in sorted(files, key=lambda name: name == "model_index.json"):
        if not default_storage.exists(f"{location}/{name}"):
            with (folder / name).open("rb") as source:
                default_storage.save(f"{location}/{name}", File(source))
    return location


@transaction.atomic
def fetch_hub_checkpoint(
    *, workspace: Workspace, name: str, repository: str, revision: str = "", user: User
) -> CheckpointFetch:
    """Queue the fetching of a hub checkpoint; it is registered when its files are there."""
    from django.core.validators import RegexValidator

    _check_name(workspace, name)
    RegexValidator(r"^\w[\w.-]*/\w[\w.-]*$", "A hub id looks like owner/name.")(repository)
    RegexValidator(r"^[\w./-]*$", "A revision is a branch, a tag or a commit.")(revision)
    fetch = CheckpointFetch(
        workspace=workspace, created_by=user, name=name.strip(), repository=repository, revision=revision
    )
    fetch.save(force_insert=True)
    publish_fetch(fetch)
    return fetch


def publish_fetch(fetch: CheckpointFetch) -> None:
    """Put the fetch into the queue once the transaction is through."""
    from generation.tasks import fetch_checkpoint_files

    transaction.on_commit(lambda: fetch_checkpoint_files.delay(str(fetch.pk)))


def run_fetch(fetch: CheckpointFetch) -> None:
    """Fetch and register, once, and keep the outcome on the run."""
    if not fetch.claim():
        return
    try:
        fetch.beat(message=f"Fetching {fetch.repository}")
        checkpoint = register_checkpoint(
            workspace=fetch.workspace,
            name=fetch.name,
            location=fetch.repository,
            revision=fetch.revision,
            user=fetch.created_by,
        )
        fetch.beat(message="Registered")
    except Cancelled:
        fetch.cancelled()
    except ValidationError as error:
        fetch.fail(" ".join(error.messages))
    else:
        CheckpointFetch.objects.filter(pk=fetch.pk).update(checkpoint=checkpoint)
        fetch.succeed()


def _resolved(overrides: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    from generation.engine.overrides import OVERRIDABLE

    if unknown := set(overrides) - set(OVERRIDABLE):
        raise CheckpointError(f"Unknown parts: {', '.join(sorted(unknown))}; known: {', '.join(OVERRIDABLE)}.")
    return {
        part: [str(Path(place).resolve()) for place in places] if part in MANY else str(Path(str(places)).resolve())
        for part, places in overrides.items()
    }


def _check_name(workspace: Workspace, name: str) -> None:
    if not name.strip():
        raise ValidationError({"name": "Give the checkpoint a name."})
    if Checkpoint.objects.filter(workspace=workspace, name=name.strip()).exists():
        raise ValidationError({"name": "Another checkpoint has this name. Choose another one."})


@transaction.atomic
def _save(workspace: Workspace, name: str, facts: CheckpointFacts, user: User | None, **values: Any) -> Checkpoint:
    same = Checkpoint.objects.filter(workspace=workspace, name=name.strip(), digest=facts.digest).first()
    if same is not None:
        return same
    _check_name(workspace, name)
    demo = Path(settings.BASE_DIR) / "demo"
    checkpoint = Checkpoint(
        workspace=workspace,
        created_by=user,
        name=name.strip(),
        digest=facts.digest,
        facts=facts.as_json(),
        is_demo=values["kind"] == Checkpoint.Kind.FOLDER and Path(values["location"]).is_relative_to(demo),
        **values,
    )
    checkpoint.full_clean(exclude=["workspace", "created_by", "overrides", "facts", "files"])
    checkpoint.save(force_insert=True)
    details = {"digest": facts.digest, "kind": checkpoint.kind, "location": checkpoint.location}
    record(workspace=workspace, actor=user, action="checkpoint.registered", target=checkpoint, details=details)
    return checkpoint
