"""Files that take long to make: asked for by a page, made once by a worker, kept for as long as their subject stays the same.

An app that offers one has a model of Document with the subject beside it, a task that calls `make_document` with what makes the
bytes, and pages that call `request_document` and show `jobs/document.html`.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from jobs.heartbeat import kept_alive
from jobs.models import Cancelled, Run, RunState

logger = logging.getLogger(__name__)


class Document(Run):
    """A file of one subject, in one state of the subject; the file is there from the moment that the run has succeeded."""

    verb = "Setting"

    # Digest of all that goes into the file.
    version = models.CharField(max_length=64)
    data = models.BinaryField(null=True, editable=False)

    class Meta(Run.Meta):
        abstract = True

    def content(self, version: str) -> bytes | None:
        """The file, where it is finished and of this version."""
        ready = self.state == RunState.SUCCEEDED and self.version == version
        return bytes(self.data) if ready and self.data is not None else None

    def start_over(self, version: str) -> None:
        """Forget the file, and wait for a worker as a new run does; whoever is at work on the old one keeps nothing."""
        self._rows().update(
            version=version, data=None, state=RunState.QUEUED, attempt=0, error="", message="", cancel_requested=False,
            heartbeat_at=None, started_at=None, finished_at=None, created_at=timezone.now(),
        )  # fmt: skip
        self.refresh_from_db()

    def keep(self, data: bytes) -> None:
        """Store the file and finish, together; nothing where another worker has the run, or another version is wanted."""
        mine = self._rows().filter(state=RunState.RUNNING, attempt=self.attempt, version=self.version)
        mine.update(data=data, state=RunState.SUCCEEDED, finished_at=timezone.now(), heartbeat_at=None)
        self.refresh_from_db()


Doc = TypeVar("Doc", bound=Document)


@transaction.atomic
def request_document(
    model: type[Doc], version: str, publish: Callable[[Doc], None], *, defaults: dict[str, Any], **subject: Any
) -> Doc:
    """The document of the subject in this version, queued where nobody asked for it before, or where it failed.

    defaults: columns of a new row beside the subject; publish: puts the work into its queue, called once it is committed.
    """
    rows: Any = model._default_manager.select_for_update()
    document: Doc
    document, queued = rows.get_or_create(**subject, defaults={**defaults, "version": version})
    if not queued and (document.version != version or document.state in (RunState.FAILED, RunState.CANCELLED)):
        document.start_over(version)
        queued = True
    if queued:
        transaction.on_commit(lambda: publish(document))
    return document


def make_document(document: Document, make: Callable[[], bytes]) -> None:
    """Make the file and keep it; does nothing when another worker has the run or it is finished."""
    if not document.claim():
        return
    try:
        with kept_alive(document):
            document.keep(make())
    except Cancelled:
        document.cancelled()
    except Exception as error:  # the page says so instead of waiting for ever
        logger.exception("%s %s was not made", type(document).__name__, document.pk)
        document.fail(f"The file could not be made ({type(error).__name__}). The worker's log has the details.")
