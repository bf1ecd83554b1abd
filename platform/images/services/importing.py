"""An import: from a folder or an uploaded archive to one image set, whatever happens on the way."""

import logging
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import PIL
import pydicom
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User, Workspace
from audit.services import record
from images import tasks
from images.datasets import LAYOUTS, OptionError, ReadingOptions, list_folder
from images.datasets.options import EVERYTHING
from images.layouts import DirectoryFolder, Folder, FolderError, ZipFolder
from images.models import ImportRun, Source, StagedItem
from images.services.collecting import Collector, Progress
from images.services.duplicates import report_of_staged
from images.services.store import create_set_of_staged
from jobs.models import Cancelled, RunState

logger = logging.getLogger(__name__)

MAX_ARCHIVE_BYTES = 4 * 2**30
# A worker's task reads for so long, then puts the run back into the queue: no import is too long for a task.
TURN_SECONDS = 1800.0


def start_import(
    *,
    workspace: Workspace,
    name: str,
    layout: str,
    user: User | None,
    directory: str = "",
    archive: "UploadedFile[Any] | None" = None,
    source: str = Source.REAL,
    is_phantom: bool = False,
    description: str = "",
    options: ReadingOptions = EVERYTHING,
    roots: Sequence[Path] | None = None,
    queue: bool = True,
) -> ImportRun:
    """Check what can be checked at once, write down the run, and queue it.

    directory, archive: one of the two; a folder on the server that lies in one of `roots` (default: IMPORT_ROOTS),
        or a zip archive, which is kept until the run is over.
    options: what of a collection is wanted, and how uncertain labels are read.
    queue: False for a caller who goes on to call `run_import` itself.
    Raises ValidationError, by field, where the folder or archive cannot be an import.
    """
    run = ImportRun(
        workspace=workspace,
        created_by=user,
        name=name.strip(),
        layout=layout,
        options=options.as_json(),
        source=source,
        is_phantom=is_phantom,
        description=description.strip(),
        directory=directory.strip(),
        archive_name=(archive.name or "")[:200] if archive else "",
        environment=_environment(),
    )
    run.clean_fields(exclude=["workspace", "created_by", "archive"])
    run.directory = _checked_origin(run, archive, settings.IMPORT_ROOTS if roots is None else roots)
    _store(run, archive, queue)
    return run


def _checked_origin(run: ImportRun, archive: "UploadedFile[Any] | None", roots: Sequence[Path]) -> str:
    """Return the folder in full, or "" for an archive; ValidationError where it cannot be listed."""
    if bool(run.directory) == bool(archive):
        raise ValidationError({"directory": "Give either a folder on the server or a zip archive."})
    field = "archive" if archive else "directory"
    try:
        LAYOUTS[run.layout].check(run.reading)
        if archive:
            list_folder(_uploaded(archive), run.layout, run.reading)
            return ""
        path = allowed_folder(run.directory, roots)
        list_folder(DirectoryFolder(path), run.layout, run.reading)
        return str(path)
    except OptionError as error:
        raise ValidationError({error.name: str(error)}) from error
    except FolderError as error:
        raise ValidationError({field: str(error)}) from error


def _uploaded(archive: "UploadedFile[Any]") -> ZipFolder:
    if (archive.size or 0) > MAX_ARCHIVE_BYTES:
        raise FolderError(f"The archive is larger than {MAX_ARCHIVE_BYTES // 2**30} GB; split it.")
    return ZipFolder(archive.file)  # type: ignore[arg-type]


def allowed_folder(directory: str, roots: Sequence[Path]) -> Path:
    """Return the folder meant, links resolved; FolderError where it lies in none of `roots`.

    A path that is not absolute is taken from the first root. Folders outside are refused in the same words whether
    they exist or not.
    """
    base = roots[0] if roots else Path()
    path = (base / directory).resolve()
    if not any(path.is_relative_to(root.resolve()) for root in roots):
        allowed = ", ".join(str(root) for root in roots) or "no folder"
        raise FolderError(f"Folders are read from {allowed} only. The operator can add one to IMPORT_ROOTS.")
    return path


def _store(run: ImportRun, archive: "UploadedFile[Any] | None", queue: bool) -> None:
    _drop_leftovers()
    if archive:
        archive.seek(0)
        run.archive.name = default_storage.save(f"uploads/{run.pk}.zip", archive)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            record(
                workspace=run.workspace,
                actor=run.created_by,
                action="import.started",
                target=run,
                details={"layout": run.layout, "source": run.source, "name": run.name},
            )
            if queue:
                transaction.on_commit(lambda: tasks.import_images.delay(str(run.pk)))
    except BaseException:
        _drop_archive(run)
        raise


def _say_nothing(done: int, total: int) -> None:
    """For callers who watch the run's row instead."""


def requeue(run: ImportRun) -> None:
    """Publish a run again; what it stored already is found and not stored twice."""
    tasks.import_images.delay(str(run.pk))


def cancel_import(run: ImportRun) -> None:
    """Stop an import: at once where no worker has it yet, else at its next heartbeat."""
    run.request_cancel()
    if run.is_finished:
        _drop_leftovers_of(run)


def run_import(run: ImportRun, *, tell: Progress = _say_nothing, seconds: float = float("inf")) -> bool:
    """Do the work of a run, unless another worker has it, and store how it ended.

    Images are stored as they are read, and every hundred files the cursor moves: a restarted run goes on from there.
    The set, its items and the run's success are one transaction at the end, so that a worker killed at any moment
    leaves either nothing visible or everything. `tell(done, total)` is called about once a second.
    seconds: the turn after which the run goes back into its queue, its work so far kept; True is returned then.
    """
    if not run.claim():
        return False
    try:
        if not _import(run, tell, seconds):
            return run.hand_over()
    except Cancelled:
        if run.cancel_wanted():
            run.cancelled()
    except (FolderError, ValidationError) as error:
        run.fail(" ".join(error.messages) if isinstance(error, ValidationError) else str(error))
    except Exception as error:
        logger.exception("Import %s failed", run.pk)
        run.fail(f"The import stopped unexpectedly ({type(error).__name__}). The worker's log has the details.")
    if run.is_finished:
        _drop_leftovers_of(run)
    return False


def _import(run: ImportRun, tell: Progress, seconds: float) -> bool:
    """False where the turn ended before the files did."""
    with _opened(run) as folder:
        run.beat(message="Listing the files")
        if not Collector(run, folder, list_folder(folder, run.layout, run.reading), tell).collect(seconds):
            return False
    if not run.report["imported"]:
        raise ValidationError(f"None of the {run.total} files could be imported; the report says why.")
    run.beat(done=run.total, message="Looking for near duplicates")
    report = {**run.report, "near_duplicates": report_of_staged(run, _beating(run))}
    run.beat(message="Writing the image set")
    _write_set(run, report)
    return True


def _write_set(run: ImportRun, report: dict[str, Any]) -> None:
    with transaction.atomic():
        _still_ours(run)
        run.image_set = create_set_of_staged(run)
        run.report = report
        run.save(update_fields=["image_set", "report"])
        details: dict[str, Any] = {"imported": report["imported"], "refused": report["refused_count"]}
        details["digest"] = run.image_set.digest
        record(
            workspace=run.workspace,
            actor=run.created_by,
            action="import.finished",
            target=run.image_set,
            details=details,
        )
        run.succeed()


def _still_ours(run: ImportRun) -> None:
    """Hold the run's row until the transaction ends; Cancelled where it was taken away or called off meanwhile."""
    now = ImportRun.objects.select_for_update().get(pk=run.pk)
    if now.state != RunState.RUNNING or now.attempt != run.attempt or now.cancel_requested:
        raise Cancelled


def _beating(run: ImportRun) -> Callable[[], None]:
    """A function that lets the run say, at most once in five seconds, that it lives."""
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > 5:
            run.beat()
            last = time.monotonic()

    return beat


@contextmanager
def _opened(run: ImportRun) -> Iterator[Folder]:
    if not run.archive:
        yield DirectoryFolder(Path(run.directory))
        return
    try:
        file = default_storage.open(str(run.archive.name))
    except FileNotFoundError:
        raise FolderError("The uploaded archive is no longer there; upload it again.") from None
    with file:
        yield ZipFolder(file)  # type: ignore[arg-type]


def _drop_archive(run: ImportRun) -> None:
    if run.archive:
        default_storage.delete(str(run.archive.name))
        ImportRun.objects.filter(pk=run.pk).update(archive="")


def _drop_leftovers_of(run: ImportRun) -> None:
    _drop_archive(run)
    StagedItem.objects.filter(run=run).delete()


def _drop_leftovers() -> None:
    """Delete what imports left that ended without a worker: called off in the queue, or given up."""
    for run in ImportRun.objects.exclude(archive="").finished():
        _drop_archive(run)
    StagedItem.objects.filter(run__in=ImportRun.objects.finished()).delete()


def _environment() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "pillow": PIL.__version__,
        "pydicom": pydicom.__version__,
    }
