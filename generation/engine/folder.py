"""What files a folder holds, and whether any of them could do harm.

Nothing is opened here but by name: links must stay inside, and only files that can be read without running code may be
there at all.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from generation.engine.allowed import FILE_SUFFIXES, PICKLE_SUFFIXES
from generation.engine.errors import NotACheckpoint, UnsafeFile

MAX_FILES = 500


def safe_files(folder: Path, *, trusted_root: Path | None = None) -> list[Path]:
    """Files under `folder`, as sorted paths relative to it.

    `trusted_root` is where links may lead: the folder itself, or the hub cache whose snapshots are links into it.
    Raises UnsafeFile for a pickle, a script, any other kind of file that does not belong, or a link that leads out.
    """
    root = (trusted_root or folder).resolve()
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") and part != ".gitattributes" for part in relative.parts):
            continue
        if not path.resolve().is_relative_to(root):
            raise UnsafeFile(f"{relative} is a link that leads out of the folder. Put the file itself there.")
        if path.is_dir():
            continue
        refuse_unsafe_name(relative)
        found.append(relative)
        if len(found) > MAX_FILES:
            raise NotACheckpoint(f"The folder holds more than {MAX_FILES} files; a checkpoint has a few dozen.")
    return found


def refuse_unsafe_name(path: Path) -> None:
    """Raise UnsafeFile when a file of this name may not be in a checkpoint."""
    suffix = path.suffix.lower()
    if suffix in PICKLE_SUFFIXES:
        raise UnsafeFile(
            f"{path} is a pickle, and opening a pickle can run any code. Convert it on a machine where you trust it: "
            f"{conversion_command(path)}"
        )
    if suffix in {".py", ".pyc", ".so", ".dll", ".sh"}:
        raise UnsafeFile(f"{path} is code. Checkpoints with custom code are refused: remove it.")
    if suffix not in FILE_SUFFIXES:
        raise UnsafeFile(
            f"{path} does not belong in a checkpoint (only json, txt and safetensors are read): remove it."
        )


def conversion_command(path: Path) -> str:
    """The shell command that turns this pickle into safetensors."""
    if path.suffix.lower() == ".ckpt":
        return (
            'python -c "from diffusers import StableDiffusionPipeline as P; '
            f"P.from_single_file('{path}').save_pretrained('{path.with_suffix('').name}', safe_serialization=True)\""
        )
    return f"python -m generation.engine.convert {path}"


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(entries: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over sorted (relative path, file digest) lines, hex: the identity of a set of files."""
    total = hashlib.sha256()
    for name, digest in sorted(entries):
        total.update(f"{name}\0{digest}\n".encode())
    return total.hexdigest()
