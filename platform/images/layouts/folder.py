"""Where files come from: a folder on disk or a zip archive, read without ever leaving it."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

MAX_FILE_BYTES = 256 * 2**20
_IGNORED = {"Thumbs.db", "desktop.ini", "__MACOSX"}


class FolderError(ValueError):
    """A folder or archive that cannot be read at all; the message says why."""


class FileRefused(ValueError):
    """One file that may not be read; the message says why."""


class Folder(Protocol):
    """Files by their path inside, with forward slashes."""

    def names(self) -> list[str]:
        """Every file's path, sorted, without hidden files."""

    def read(self, name: str) -> bytes:
        """The bytes of one file; FileRefused where it is missing, too large, or leads out of the folder."""

    def open(self, name: str) -> BinaryIO:
        """One file of any size, to be read from its beginning piece by piece; FileRefused as in `read`."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name, without listing the folder."""

    def subfolders(self) -> list[str]:
        """The names of the folders directly inside, sorted, without hidden ones."""


class DirectoryFolder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        self._root = path.resolve()
        if not os.path.isdir(self._root):  # False, and no error, for names that no file system takes
            raise FolderError(f"There is no folder {path}.")

    def names(self) -> list[str]:
        """Every file's path, sorted; links to folders are not followed."""
        return sorted(self._walk())

    def _walk(self) -> Iterator[str]:
        for folder, subfolders, files in os.walk(self._root, onerror=_unreadable):
            subfolders[:] = [name for name in subfolders if not _is_hidden(name)]
            for file in files:
                if not _is_hidden(file):
                    yield (Path(folder) / file).relative_to(self._root).as_posix()

    def read(self, name: str) -> bytes:
        """The bytes of one file; a link is followed as long as it stays inside."""
        with _refusing():
            return _contents(self._inside(name))

    def open(self, name: str) -> BinaryIO:
        """One file, to be read piece by piece."""
        with _refusing():
            path = self._inside(name)
            _check_regular(path.stat())
            return path.open("rb")

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return is_inside(name) and os.path.isfile(self._root / name)

    def subfolders(self) -> list[str]:
        """The names of the folders directly inside."""
        with os.scandir(self._root) as entries:
            return sorted(entry.name for entry in entries if not _is_hidden(entry.name) and entry.is_dir())

    def _inside(self, name: str) -> Path:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise FileRefused("leads out of the folder")
        return path


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to before it is taken for a bomb."""

    files: int = 200_000
    total_bytes: int = 20 * 2**30
    ratio: int = 200
    ratio_above_bytes: int = 10 * 2**20


class ZipFolder:
    """A zip archive, read in place: nothing is ever written to disk under a name that the archive chose."""

    def __init__(self, file: BinaryIO, limits: ArchiveLimits = ArchiveLimits()) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FolderError(f"This is not a readable zip archive ({error}).") from error
        members = [member for member in self._archive.infolist() if not member.is_dir()]
        _check_archive(members, limits)
        self._members = {m.filename: m for m in members if not any(map(_is_hidden, PurePosixPath(m.filename).parts))}

    def names(self) -> list[str]:
        """Every file's path, sorted."""
        return sorted(self._members)

    def read(self, name: str) -> bytes:
        """The bytes of one file, their checksum verified."""
        member = self._member(name)
        if member.file_size > MAX_FILE_BYTES:
            raise FileRefused(f"larger than {MAX_FILE_BYTES // 2**20} MB")
        try:
            with self._archive.open(member) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except Exception as error:  # damaged archives fail in many ways; each costs one file and no more
            raise FileRefused(f"cannot be unpacked ({error})") from error
        if len(data) > MAX_FILE_BYTES:
            raise FileRefused(f"larger than {MAX_FILE_BYTES // 2**20} MB")
        return data

    def open(self, name: str) -> BinaryIO:
        """One file, unpacked piece by piece."""
        return self._archive.open(self._member(name))  # type: ignore[return-value]

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return name in self._members

    def subfolders(self) -> list[str]:
        """The names of the folders directly inside."""
        return sorted({name.split("/", 1)[0] for name in self._members if "/" in name})

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise FileRefused("is not there")
        _check_member(member)
        return member


def is_inside(name: str) -> bool:
    """Whether a relative path stays inside its folder as written."""
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in name[:2]


def _is_hidden(name: str) -> bool:
    return (name.startswith(".") and name != "..") or name in _IGNORED


def _unreadable(error: OSError) -> None:
    raise FolderError(f"{error.filename} cannot be listed: {error.strerror}.") from error


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileRefused("is not there") from None
    except OSError as error:
        raise FileRefused(f"cannot be read: {error.strerror}") from error


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
        raise FileRefused("is not a file")


def _contents(path: Path) -> bytes:
    status = path.stat()
    _check_regular(status)
    if status.st_size > MAX_FILE_BYTES:
        raise FileRefused(f"larger than {MAX_FILE_BYTES // 2**20} MB")
    return path.read_bytes()


def _check_archive(members: list[zipfile.ZipInfo], limits: ArchiveLimits) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > limits.files:
        raise FolderError(f"The archive has {len(members)} files; the limit is {limits.files}. Split it.")
    if total > limits.total_bytes:
        raise FolderError(
            f"The archive unpacks to {total / 2**30:.1f} GB; the limit is {limits.total_bytes / 2**30:g} GB. Split it."
        )
    for member in members:
        large = member.file_size > limits.ratio_above_bytes
        if large and member.file_size > limits.ratio * max(member.compress_size, 1):
            raise FolderError(
                f"{member.filename} unpacks to more than {limits.ratio} times its size; no picture does that."
            )


def _check_member(member: zipfile.ZipInfo) -> None:
    if not is_inside(member.filename):
        raise FileRefused("leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise FileRefused("is a symbolic link")
    if member.flag_bits & 1:
        raise FileRefused("is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused("is packed with a method other than deflate")
