"""The content store: files named by what is in them, each written whole or not at all."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage


def content_key(folder: str, digest: str, suffix: str = ".png") -> str:
    """The storage key of the file named by `digest`, two folders deep so that no folder grows too long."""
    return f"{folder}/{digest[:2]}/{digest[2:4]}/{digest}{suffix}"


def put_once(key: str, make: Callable[[], bytes]) -> None:
    """Store what `make` returns under `key` unless it is there already.

    The key names the content, so that whoever writes twice writes the same; a process killed half-way leaves no
    half-written file under the key.
    """
    if default_storage.exists(key):
        return
    if isinstance(default_storage._wrapped, FileSystemStorage):  # type: ignore[attr-defined]
        _write_then_rename(Path(default_storage.path(key)), make())
    else:
        default_storage.save(key, ContentFile(make()))


def read(key: str) -> bytes:
    """The bytes stored under `key`; FileNotFoundError where there are none."""
    with default_storage.open(key) as file:
        data: bytes = file.read()
    return data


def _write_then_rename(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
