"""Unpack an uploaded archive of a checkpoint folder, trusting nothing that it says of itself."""

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from django.core.exceptions import ValidationError

from generation.engine import CheckpointError
from generation.engine.folder import refuse_unsafe_name
from generation.limits import (
    ARCHIVE_BYTES,
    RATIO_COUNTS_FROM,
    UNPACKED_BYTES,
    UNPACKED_FILES,
    UNPACKED_RATIO,
)

PIECE = 2**20


def unpack(file: IO[bytes], size: int, target: Path) -> Path:
    """Unpack the zip into `target` and return the folder that holds model_index.json.

    Raises ValidationError for anything that is not a zip of a plain checkpoint folder: bombs, paths that lead out,
    links, passwords, pickles. What was written so far is the caller's to remove.
    """
    if size > ARCHIVE_BYTES:
        raise ValidationError(
            f"The archive has {size:,} bytes; at most {ARCHIVE_BYTES:,}. Put the folder on the server."
        )
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_members(members)
            _check_space(members, target)
            written = 0
            for member in members:
                written += _extract(archive, member, target, UNPACKED_BYTES - written)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise ValidationError(f"This is no whole zip archive ({error}). Zip the checkpoint folder again.") from error
    return _checkpoint_folder(target)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > UNPACKED_FILES:
        raise ValidationError(f"The archive has {len(members):,} files; a checkpoint has a few dozen.")
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in path.parts[0]:
            raise ValidationError(f"The archive has a path that leads out of it: {member.filename[:80]!r}.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValidationError(f"{member.filename[:80]!r} is a link. Zip the files themselves.")
        if member.flag_bits & 0x1:
            raise ValidationError("The archive is locked with a password. Zip it without one.")
        if _is_clutter(path):
            continue
        try:
            refuse_unsafe_name(Path(path))
        except CheckpointError as error:
            raise ValidationError(str(error)) from error
    if sum(member.file_size for member in members) > UNPACKED_BYTES:
        raise ValidationError(f"The archive unpacks to more than {UNPACKED_BYTES:,} bytes.")


def _check_space(members: list[zipfile.ZipInfo], target: Path) -> None:
    needed = sum(member.file_size for member in members)
    if needed > shutil.disk_usage(target).free * 0.9:
        raise ValidationError("The server has too little disk space left for this checkpoint. Tell the operator.")


def _is_clutter(path: PurePosixPath) -> bool:
    return "__MACOSX" in path.parts or any(part.startswith(".") for part in path.parts)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one member; the bytes that come out are counted, whatever the archive's directory says."""
    path = PurePosixPath(member.filename)
    if _is_clutter(path):
        return 0
    place = target.joinpath(*path.parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    bomb = max(RATIO_COUNTS_FROM, member.compress_size * UNPACKED_RATIO)
    written = 0
    with archive.open(member) as source, place.open("xb") as copy:
        while piece := source.read(PIECE):
            written += len(piece)
            if written > min(left, bomb):
                raise ValidationError(f"{member.filename[:80]!r} unpacks to far more than weights do. It is refused.")
            copy.write(piece)
    return written


def _checkpoint_folder(target: Path) -> Path:
    if (target / "model_index.json").is_file():
        return target
    inside = [folder for folder in target.iterdir() if (folder / "model_index.json").is_file()]
    if len(inside) == 1:
        return inside[0]
    raise ValidationError("The archive has no model_index.json. Zip the folder that save_pretrained() wrote.")
