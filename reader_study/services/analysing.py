"""Analysing an unsealed study: asked for once for every selection, done by a worker, kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import count

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from images import content
from jobs.heartbeat import kept_alive
from jobs.models import Cancelled, RunState
from reader_study import blinding
from reader_study.analysis import AnalysisError
from reader_study.models import AnalysisRun, Study
from reader_study.reads.rows import require_unsealed
from reader_study.results.kept import is_outdated

logger = logging.getLogger(__name__)

# How long somebody who cannot go on without the results waits for a worker that has them in hand.
PATIENCE_SECONDS = 600.0
# What `analyse` tells of, and the drawing.
STAGES = 5


def requeue(run: AnalysisRun) -> None:
    """Put the work into its queue (again)."""
    from reader_study.tasks import analyse_reads

    analyse_reads.delay(str(run.pk))


@transaction.atomic
def request_analysis(
    *,
    study: Study,
    selection: dict[str, str] | None = None,
    user: User | None = None,
    again: bool = False,
    anew: bool = False,
) -> AnalysisRun:
    """The analysis of `study` narrowed to `selection`, queued if nobody asked for it before.

    again: also where it failed or was cancelled. anew: also where it is there, since score cards may have come since then; one
    that an earlier version of the program made is made anew in any case.
    Raises ValidationError before unsealing.
    """
    require_unsealed(study)
    chosen = {name: value for name, value in sorted((selection or {}).items()) if value}
    run, created = AnalysisRun.objects.select_for_update().get_or_create(
        study=study,
        selection_digest=blinding.digest_json(chosen),
        defaults={"workspace": study.workspace, "created_by": user, "selection": chosen},
    )
    remade = anew or is_outdated(run)
    if created or ((again or remade) and run.restart(finished=remade)):
        transaction.on_commit(lambda: requeue(run))
    return run


def run_analysis(run: AnalysisRun) -> None:
    """Analyse, draw, store; does nothing when another worker has the run or it is finished.

    Files are stored under their digest, the row is written at the end: a killed worker leaves no half analysis.
    """
    if not run.claim():
        return
    # Only who computes loads what computing takes.
    from reader_study.results.analysed import analyse_study

    try:
        with kept_alive(run):
            stage = _stages(run)
            found = analyse_study(Study.objects.get(pk=run.study_id), run.selection, progress=stage)
            stage("Figures and report")
            files = {name: _store(data) for name, data in found.files()}
        run.keep(document=found.document, files=files)
        run.succeed()
    except Cancelled:
        run.cancelled()
    except ValidationError as error:
        run.fail(" ".join(error.messages))
    except AnalysisError as error:
        run.fail(str(error))
    except Exception as error:  # the page says so instead of waiting for ever
        logger.exception("analysis %s was not made", run.pk)
        run.fail(f"The analysis could not be made ({type(error).__name__}). The worker's log has the details.")


def _stages(run: AnalysisRun) -> Callable[[str], None]:
    """Tells the page what is being done, and how many of the stages are behind."""
    done = count()
    return lambda what: run.beat(done=next(done), total=STAGES, message=what)


def finished_analysis(*, study: Study, selection: dict[str, str] | None = None) -> AnalysisRun:
    """The finished analysis, computed here if no worker has begun it, for those who cannot show progress.

    Raises ValidationError before unsealing, or with the reason why there is none.
    """
    run = request_analysis(study=study, selection=selection, again=True)
    run_analysis(run)
    deadline = time.monotonic() + PATIENCE_SECONDS
    run.refresh_from_db()
    while not run.is_finished and time.monotonic() < deadline:
        time.sleep(0.2)
        run.refresh_from_db()
    if run.state != RunState.SUCCEEDED:
        raise ValidationError(run.error or "The analysis is not finished yet: ask again in a few minutes.")
    return run


def _store(data: bytes) -> str:
    key = content.content_key("analyses", blinding.frame_digest(data), "")
    content.put_once(key, lambda: data)
    return key
