"""The middle of an import: every file read, stored and reported, in steps that a restarted import does not repeat."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.crypto import salted_hmac
from numpy.typing import NDArray

from images.attributes import Attributes
from images.datasets import load_pictures
from images.datasets.sampling import Candidate, Pool
from images.layouts import Entry, Folder, FolderError, Listed, Listing, Picture, Refusal
from images.models import Image, ImportRun, Source, StagedItem
from images.services.store import store_image

Progress = Callable[[int, int], None]

REFUSALS_KEPT = 1000
LONGEST_TEXT = 300
# How many files are gone through before what became of them is kept for good.
STEP = 100
_SECONDS_BETWEEN_BEATS = 1.0


@dataclass
class Report:
    """What became of the files; of very many refusals the first thousand are kept by name."""

    imported: int = 0
    refused_count: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Report":
        """The report as the run keeps it."""
        notes = Counter(stored.get("notes", {}))
        return cls(stored.get("imported", 0), stored.get("refused_count", 0), list(stored.get("refused", [])), notes)

    @property
    def seen(self) -> int:
        """How many entries were gone through."""
        return self.imported + self.refused_count

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal."""
        self.refused_count += 1
        if len(self.refused) < REFUSALS_KEPT:
            self.refused.append({"file": plain(refusal.file), "reason": plain(refusal.reason)})

    def as_json(self) -> dict[str, Any]:
        """The form in which the run keeps it."""
        return {
            "imported": self.imported,
            "refused_count": self.refused_count,
            "refused": self.refused,
            "notes": dict(self.notes),
        }


def plain(text: str) -> str:
    """Names of files and words of decoders as the database can keep them: valid Unicode, no zero bytes, not endless."""
    valid = text.encode(errors="backslashreplace").decode().replace("\0", " ")
    return valid if len(valid) <= LONGEST_TEXT else f"{valid[:LONGEST_TEXT]}…"


@dataclass(frozen=True)
class Survey:
    """What a first walk over the tables found: how many entries are to be read, which, and remarks.

    chosen: their places in the listing, ascending; None = all.
    """

    total: int
    notes: Counter[str]
    chosen: NDArray[np.int64] | None = None

    def select(self, listing: Listing) -> Iterator[Entry]:
        """The entries to be read, in order."""
        if self.chosen is None:
            yield from listing
            return
        places = iter(self.chosen.tolist())
        wanted = next(places, None)
        for place, entry in enumerate(listing):
            if place == wanted:
                yield entry
                wanted = next(places, None)


def survey(run: ImportRun, listing: Listing) -> Survey:
    """Walk the tables once, opening no picture; draw the sample where one is asked for."""
    notes: Counter[str] = Counter()
    options = run.reading
    beating = _beating(run, listing.walk(notes))
    if not options.sample:
        total = sum(1 for _ in beating)
        chosen = None
    else:
        candidates = (
            Candidate.of(place, entry.file, entry.attributes)
            for place, entry in enumerate(beating)
            if isinstance(entry, Listed)
        )
        pool = Pool(candidates, by=options.by, seed=options.seed)
        chosen = pool.draw(options.sample, allocation=options.allocation, one_per_patient=options.one_per_patient)
        notes[f"images that the sample of {len(chosen)} was drawn from"] = len(pool)
        total = len(chosen)
    if not total:
        raise FolderError("No image is left to import. " + "; ".join(f"{text}: {n}" for text, n in notes.items()))
    return Survey(total, notes, chosen)


def _beating(run: ImportRun, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The same entries; the run says now and then that it lives."""
    next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS
    for number, entry in enumerate(entries):
        yield entry
        if number % 1000 == 0 and time.monotonic() >= next_beat:
            run.beat(message=f"Listing: {number:,} rows")
            next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS


class Collector:
    """Goes through the files of an import; every `STEP` files, what became of them is kept together with the cursor."""

    def __init__(self, run: ImportRun, folder: Folder, listing: Listing, tell: Progress) -> None:
        self._run, self._folder, self._listing, self._tell = run, folder, listing, tell
        self._survey = survey(run, listing)
        self._find_cursor()
        self._report = Report.of(run.report) if run.cursor else Report(notes=Counter(self._survey.notes))
        self._waiting: list[tuple[Image, Picture] | Refusal] = []

    def collect(self, seconds: float = float("inf")) -> bool:
        """Read and store; False where the turn of so many seconds ended before the files did.

        Raises jobs.models.Cancelled when the run is called off or another worker has it.
        """
        ends = time.monotonic() + seconds
        self._run.beat(done=self._run.cursor, total=self._survey.total, message="Reading images")
        next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS
        entries = islice(self._survey.select(self._listing), self._run.cursor, None)
        for found in load_pictures(self._folder, self._run.layout, entries, pseudonym=self._pseudonym):
            self._waiting.append(found if isinstance(found, Refusal) else (self._stored(found), found))
            if len(self._waiting) >= STEP:
                self._keep()
            if time.monotonic() >= next_beat:
                self._run.beat(done=self._run.cursor + len(self._waiting))
                self._tell(self._run.done, self._run.total)
                next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS
            if time.monotonic() >= ends:
                self._keep()
                return False
        self._keep()
        return True

    def _find_cursor(self) -> None:
        """Go back to the start where the folder no longer has at the cursor the file that it had."""
        if not self._run.cursor:
            return
        last = next(islice(self._survey.select(self._listing), self._run.cursor - 1, None), None)
        if last is None or plain(last.file) != self._run.cursor_file:
            with transaction.atomic():
                self._run.move_cursor(to=0, file="", report={})
                StagedItem.objects.filter(run=self._run).delete()

    def _stored(self, found: Picture) -> Image:
        return store_image(workspace=self._run.workspace, pixels=found.pixels, created_by=self._run.created_by)

    def _keep(self) -> None:
        """Write the items that wait, the report and the cursor as one."""
        if not self._waiting:
            return
        images = [found[0].pk for found in self._waiting if not isinstance(found, Refusal)]
        first = dict(StagedItem.objects.filter(run=self._run, image__in=images).values_list("image_id", "file"))
        items = []
        for place, found in enumerate(self._waiting, self._run.cursor):
            if isinstance(found, Refusal):
                self._report.refuse(found)
                continue
            image, picture = found
            if image.pk in first:
                self._report.refuse(Refusal(picture.file, f"has exactly the pixels of {first[image.pk]}"))
                continue
            first[image.pk] = plain(picture.file)
            items.append(self._item(place, image, picture))
            self._report.imported += 1
            self._report.notes.update(picture.attributes.notes)
        last = self._waiting[-1]
        file = last.file if isinstance(last, Refusal) else last[1].file
        with transaction.atomic():
            to = self._run.cursor + len(self._waiting)
            self._run.move_cursor(to=to, file=plain(file), report=self._report.as_json())
            StagedItem.objects.bulk_create(items)
        self._waiting = []

    def _item(self, place: int, image: Image, found: Picture) -> StagedItem:
        known = found.attributes
        return StagedItem(
            run=self._run,
            image=image,
            place=place,
            file=plain(found.file),
            group=_group(image, known, self._run.source)[:200],
            caption=known.caption,
            findings=list(known.findings),
            uncertain=list(known.uncertain),
            patient=known.patient,
            age=known.age,
            sex=known.sex,
            view=known.view,
        )

    def _pseudonym(self, number: str) -> str:
        """The same patient number gives the same name within a workspace, and another in every other."""
        text = f"{self._run.workspace_id}\n{number}"
        return salted_hmac("images.patient", text, algorithm="sha256").hexdigest()[:16]


def _group(image: Image, known: Attributes, source: str) -> str:
    """The unit that is resampled: as written, else the patient of a real image or the prompt of a synthetic one."""
    if known.group:
        return known.group
    if source == Source.SYNTHETIC and known.caption:
        return f"prompt-{hashlib.sha256(known.caption.encode()).hexdigest()[:12]}"
    return known.patient or f"image-{image.sha256[:12]}"
