"""Where checkpoints may lie, and where a registered one's files are on this machine."""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage, default_storage

from generation.engine import CheckpointError, Overrides, fetch_checkpoint
from generation.models import Checkpoint

MANY = ("textual_embeddings", "lora")


@dataclass(frozen=True)
class Place:
    """A checkpoint's files on this machine."""

    path: Path
    trusted_root: Path | None
    overrides: Overrides


def allowed_folder(text: str) -> Path:
    """The folder that a page or the API names: below one of CHECKPOINT_ROOTS, links followed.

    A relative name is looked up in each root. Raises ValidationError with the roots and what lies in them.
    """
    roots = [Path(root).resolve() for root in settings.CHECKPOINT_ROOTS]
    candidates = [Path(text)] if Path(text).is_absolute() else [root / text for root in roots]
    for candidate in candidates:
        folder = candidate.resolve()
        if folder.is_dir() and any(folder != root and folder.is_relative_to(root) for root in roots):
            return folder
    raise ValidationError(
        f"There is no such folder below {' or '.join(map(str, roots))}. Put the checkpoint there, or ask the operator "
        "to add its place to CHECKPOINT_ROOTS."
    )


def folders_on_offer() -> list[str]:
    """Checkpoint folders that lie directly below the roots, to choose from."""
    found = []
    for root in map(Path, settings.CHECKPOINT_ROOTS):
        if root.is_dir():
            found += [str(folder) for folder in sorted(root.iterdir()) if (folder / "model_index.json").is_file()]
    return found


def overrides_from(values: dict[str, str | list[str]]) -> Overrides:
    """Overrides of part names and paths, as a checkpoint row keeps them."""
    single = {part: Path(str(place)) for part, place in values.items() if part not in MANY}
    many = {part: tuple(Path(place) for place in values.get(part, [])) for part in MANY}
    return Overrides(**single, **many)  # type: ignore[arg-type]  # the keys are Overrides' own, checked on the way in


def place_of(checkpoint: Checkpoint) -> Place:
    """The checkpoint's files on this machine, fetched if need be. Raises CheckpointError when they are gone."""
    overrides = overrides_from(checkpoint.overrides)
    if checkpoint.kind == Checkpoint.Kind.HUB:
        snapshot = fetch_checkpoint(checkpoint.location, checkpoint.revision)
        return Place(snapshot.path, snapshot.cache, overrides)
    path = Path(checkpoint.location)
    if checkpoint.kind == Checkpoint.Kind.UPLOAD:
        path = _from_storage(checkpoint)
    if not path.is_dir():
        raise CheckpointError(f"The checkpoint's folder {path} is not on this worker. Put it back, or share it.")
    return Place(path, None, overrides)


def _from_storage(checkpoint: Checkpoint) -> Path:
    if stores_on_disk():
        return Path(default_storage.path(checkpoint.location))
    target = Path(settings.NEGATOSCOPE_HOME) / "cache" / "checkpoints" / checkpoint.digest
    if not target.is_dir():
        draft = target.with_name(f".{uuid.uuid4().hex}")
        try:
            for name in checkpoint.files:
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                with default_storage.open(f"{checkpoint.location}/{name}") as source, (draft / name).open("wb") as copy:
                    shutil.copyfileobj(source, copy)
            os.replace(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


def stores_on_disk() -> bool:
    """Whether the storage is a folder of this machine."""
    return isinstance(default_storage._wrapped, FileSystemStorage)  # type: ignore[attr-defined]
