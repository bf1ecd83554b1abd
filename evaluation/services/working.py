"""What a worker does for a scoring run. Work happens at least once, its effects exactly once.

1. Plan: open every network, see which images of the run's sets it has not seen yet, and cut those into steps.
2. Extract: each step's features are kept by content as one file, which is written whole or not at all.
3. Measure, when no other step is open: the card and all its scores come with the end of the run, in one transaction.

A worker may die anywhere in this. What it kept stays, its step comes back when its heartbeat is stale, and the next worker
does it again. Between stages, and while it looks at images, a worker says that it lives and stops where the run was cancelled.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from django.db import transaction
from django.db.models import QuerySet, Sum

from evaluation import cache
from evaluation.features.base import Extraction, Extractor, ExtractorError, Picture, gather
from evaluation.halves import half_keys, half_pictures, halves_wanted, rows_with_a_side, without_features
from evaluation.metrics import MetricError
from evaluation.models import ScoringRun, ScoringStep, StepKind
from evaluation.networks import Facts, describe_network, open_network, with_spaces
from evaluation.samples import has_texts, load_pixels, texts_to_read
from evaluation.scoring import environment, measure_run, run_provenance, stages
from evaluation.services.cards import store_card
from evaluation.services.runs import LANES
from images.models import Image, ImageSetItem
from images.pixels import ImageError, Pixels
from jobs.heartbeat import kept_alive
from jobs.models import Cancelled, RunState

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_BEATS = 0.5
#: Images of a step, and rows of a file of features.
SMALLEST_STEP, LARGEST_STEP = 64, 512


def run_scoring(run: ScoringRun) -> None:
    """Work on a run in this process until nothing of it is free."""
    while work_on(run):
        pass


def work_on(run: ScoringRun) -> ScoringStep | None:
    """Do one free step of the run and return it; None where there is none, or the run does not go on."""
    run.begin()
    if run.state != RunState.RUNNING:
        return None
    step = ScoringStep.claim_next(run)
    if step is None:
        return None
    if step.is_hopeless:
        run.fail(_hopeless(step))
        return None
    return step if _attempt(run, step) else None


def _hopeless(step: ScoringStep) -> str:
    return (
        f"Workers died {step.attempt - 1} times in this run, each time at the same step: {step}. Look at the workers' log; "
        "a common cause is too little memory: score fewer images, or with fewer networks."
    )


def _attempt(run: ScoringRun, step: ScoringStep) -> bool:
    """Do a step; whether the run goes on."""
    try:
        with kept_alive(run, step):
            _WORK[StepKind(step.kind)](run, step)
    except Cancelled:
        step.release()
        run.refresh_from_db()
        if run.cancel_requested:
            run.cancelled()
        return False
    except (ExtractorError, MetricError, ImageError) as error:
        run.fail(str(error))
        return False
    except Exception as error:  # any other is a defect or a full machine: the run says so instead of hanging
        logger.exception("A step of scoring run %s stopped", run.pk)
        run.fail(f"Scoring stopped unexpectedly ({type(error).__name__}). The worker's log has the details.")
        return False
    return True


def _plan(run: ScoringRun, step: ScoringStep) -> None:
    facts = []
    for number, (name, _) in enumerate(run.choices):
        run.beat(message=f"Opening {name}")
        facts.append(describe_network(open_network(run, number)))
    networks = with_spaces(facts)
    steps = [planned for number, one in enumerate(networks) for planned in _steps(run, number, one)]
    for position, planned in enumerate(steps):
        planned.position = position
    with transaction.atomic():
        step.beat()  # locks the row: whoever lost the step to another worker stops here
        ScoringStep.objects.bulk_create(steps, batch_size=100)
        ScoringRun.objects.filter(pk=run.pk).update(networks=networks, environment=environment())
        step.finish()
    run.networks, run.environment = networks, environment()
    run.beat(done=0, total=sum(one.size for one in steps) + stages(run.metrics, run.subgroups))


def _steps(run: ScoringRun, number: int, facts: Facts) -> Iterator[ScoringStep]:
    """What one network has to look at, and to read, that it does not know yet."""
    items = ImageSetItem.objects.filter(image_set__in=run.image_sets())
    digests = items.order_by("image__sha256").values_list("image__sha256", flat=True).distinct()
    yield from _cut(run, number, StepKind.IMAGES, cache.missing(facts["fingerprint"], list(digests)))
    compared = items.filter(image_set__in=[run.synthetic, run.reference])
    if number == 0 and halves_wanted(facts, run.metrics):
        yield from _cut(run, number, StepKind.HALVES, _halves_to_look_at(compared, facts))
    captions = list(compared.order_by("caption").values_list("caption", flat=True).distinct())
    if has_texts([facts], captions):
        by_key = {cache.text_key(text): text for text in texts_to_read(captions)}
        unread = cache.missing(facts["fingerprint"], list(by_key))
        yield from _cut(run, number, StepKind.TEXTS, [by_key[key] for key in unread])


def _halves_to_look_at(items: QuerySet[ImageSetItem], facts: Facts) -> list[str]:
    """Digests of the images whose caption names a side, and whose mirrored halves were not looked at yet."""
    said = list(items.order_by("image__sha256").values_list("image__sha256", "caption"))
    rows = rows_with_a_side([caption for _, caption in said], facts)
    by_key = {half_keys(said[row][0])[0]: said[row][0] for row in rows}
    return [by_key[key] for key in cache.missing(facts["fingerprint"], list(by_key))]


def _cut(run: ScoringRun, number: int, kind: StepKind, keys: Sequence[str]) -> Iterator[ScoringStep]:
    size = min(max(-(-len(keys) // (4 * LANES)), SMALLEST_STEP), LARGEST_STEP)
    for start in range(0, len(keys), size):
        part = list(keys[start : start + size])
        yield ScoringStep(run=run, stage=ScoringStep.EXTRACTING, kind=kind, network=number, keys=part, size=len(part))


def _look_at_images(run: ScoringRun, step: ScoringStep) -> None:
    beat = _Beat(run, step, f"Looking at images: {run.networks[step.network]['name']}")
    beat(0)
    extractor = open_network(run, step.network)
    digests = cache.missing(extractor.fingerprint, step.keys)
    if digests:
        cache.keep(extractor.fingerprint, digests, lambda: gather(extractor, _pictures(run, digests, beat)))
    _finish(run, step)


def _pictures(run: ScoringRun, digests: Sequence[str], beat: Callable[[int], None]) -> Iterator[Picture]:
    """A function for each image that loads it: before an accelerator they are called on several threads."""
    files = _files(run, digests)
    for number, digest in enumerate(digests):
        beat(number)
        yield partial(load_pixels, files[digest])


def _files(run: ScoringRun, digests: Sequence[str]) -> dict[str, str]:
    images = Image.objects.filter(workspace=run.workspace_id, sha256__in=digests)
    return dict(images.values_list("sha256", "file"))


def _look_at_halves(run: ScoringRun, step: ScoringStep) -> None:
    beat = _Beat(run, step, f"Looking at mirrored halves: {run.networks[step.network]['name']}")
    beat(0)
    extractor = open_network(run, step.network)
    files = _files(run, step.keys)

    def pictures() -> Iterator[Pixels]:
        for number, digest in enumerate(step.keys):
            beat(number)
            yield from half_pictures(load_pixels(files[digest]))

    keys = [key for digest in step.keys for key in half_keys(digest)]
    if cache.missing(extractor.fingerprint, keys):
        cache.keep(extractor.fingerprint, keys, lambda: without_features(gather(extractor, pictures())))
    _finish(run, step)


def _read_texts(run: ScoringRun, step: ScoringStep) -> None:
    beat = _Beat(run, step, f"Reading prompts: {run.networks[step.network]['name']}")
    beat(0)
    extractor = open_network(run, step.network)
    texts = {cache.text_key(text): text for text in step.keys}
    digests = cache.missing(extractor.fingerprint, list(texts))
    if digests:
        cache.keep(extractor.fingerprint, digests, lambda: _embedded(extractor, [texts[key] for key in digests]))
    _finish(run, step)


def _embedded(extractor: Extractor, texts: list[str]) -> Extraction:
    embeddings = np.asarray(extractor.embed_text(texts), dtype=np.float32)
    return Extraction(embeddings, np.empty((len(texts), 0), dtype=np.float32))


def _finish(run: ScoringRun, step: ScoringStep) -> None:
    step.finish()
    run.beat(done=_done(run))


def _measure(run: ScoringRun, step: ScoringStep) -> None:
    beat = _Beat(run, step)
    first = _done(run)
    total = first + stages(run.metrics, run.subgroups)
    done = iter(range(first, total))
    found = measure_run(run, lambda title: beat.stage(next(done, total - 1), total, title))
    facts = run_provenance(run)
    with transaction.atomic():
        step.beat()
        run.beat(message="")
        store_card(run=run, results=found.results, provenance=facts, neighbours=found.neighbours, times=found.times)
        step.finish()


_WORK: dict[StepKind, Callable[[ScoringRun, ScoringStep], None]] = {
    StepKind.PLAN: _plan,
    StepKind.IMAGES: _look_at_images,
    StepKind.HALVES: _look_at_halves,
    StepKind.TEXTS: _read_texts,
    StepKind.MEASURE: _measure,
}


def _done(run: ScoringRun) -> int:
    return run.steps.aggregate(done=Sum("done"))["done"] or 0


class _Beat:
    """Writes progress to the step and the run: every new stage at once, images at most twice a second."""

    def __init__(self, run: ScoringRun, step: ScoringStep, message: str = "") -> None:
        self._run, self._step, self._message = run, step, message
        self._last = 0.0

    def __call__(self, done: int) -> None:
        """So many images of the step are done."""
        if time.monotonic() - self._last > SECONDS_BETWEEN_BEATS:
            self._step.beat(done=done)
            self._run.beat(done=_done(self._run), message=self._message)
            self._last = time.monotonic()

    def stage(self, done: int, total: int, title: str) -> None:
        """The run is at this stage."""
        self._step.beat()
        self._run.beat(done=done, total=total, message=title)
