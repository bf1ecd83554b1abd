"""One zip file, streamed while it is written, with the SHA-256 of everything inside."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO

from reader_study.export.errors import ExportError

MANIFEST = "manifest.json"
# Equal contents give equal bytes, so no file carries the time at which the bundle was made.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the bundle: its name, what it is in one sentence, and its bytes in chunks."""

    name: str
    description: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the manifest."""

    name: str
    description: str
    bytes: int
    sha256: str


def stream_bundle(entries: Iterable[Entry], *, about: dict[str, object]) -> Iterator[bytes]:
    """The zip in chunks, the manifest last. about: what the manifest says of the whole bundle.

    Nothing but one chunk and the zip's directory is held in memory. Raises ExportError for a name used twice.
    """
    sink = _Sink()
    listed: dict[str, Listed] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            if entry.name in listed or entry.name == MANIFEST:
                raise ExportError(f"Two files of the bundle are called {entry.name}.")
            yield from _write(archive, sink, entry, listed)
        manifest = {**about, "files": [asdict(one) for one in listed.values()]}
        text = json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"
        yield from _write(archive, sink, Entry(MANIFEST, "", [text]), {})
    yield sink.taken()


def verify_bundle(file: IO[bytes]) -> list[str]:
    """What is wrong with a bundle: missing, added or changed files, in words; empty where all is well."""
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        expected = {one["name"]: one["sha256"] for one in manifest["files"]}
        found = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    found.pop(MANIFEST)
    problems = [f"{name} is missing." for name in expected.keys() - found.keys()]
    problems += [f"{name} is not in the manifest." for name in found.keys() - expected.keys()]
    changed = [name for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return sorted([*problems, *(f"{name} was changed." for name in changed)])


def _write(archive: zipfile.ZipFile, sink: _Sink, entry: Entry, listed: dict[str, Listed]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(entry.name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as file:
        for chunk in entry.chunks:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
            yield sink.taken()
    listed[entry.name] = Listed(entry.name, entry.description, size, digest.hexdigest())


class _Sink(io.RawIOBase):
    """Where the zip writes: a pipe that is emptied after every chunk, and that cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data
