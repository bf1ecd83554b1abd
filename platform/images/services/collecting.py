"""The middle of an import: every file read, stored and reported, with the run's heart kept beating."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.crypto import salted_hmac

from images.layouts import Attributes, Listing, Picture, Refusal, load_pictures
from images.layouts.folder import Folder
from images.models import Image, ImportRun, Source
from images.services.store import ItemRow, store_image

Progress = Callable[[int, int], None]

REFUSALS_KEPT = 1000
LONGEST_TEXT = 300
_SECONDS_BETWEEN_BEATS = 1.0


@dataclass
class Report:
    """What became of the files; of very many refusals the first thousand are kept by name."""

    imported: int = 0
    refused_count: int = 0
    refused: list[Refusal] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        """How many entries were gone through."""
        return self.imported + self.refused_count

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal."""
        self.refused_count += 1
        if len(self.refused) < REFUSALS_KEPT:
            self.refused.append(refusal)

    def as_json(self) -> dict[str, Any]:
        """The form in which the run keeps it."""
        return {
            "imported": self.imported,
            "refused_count": self.refused_count,
            "refused": [{"file": _plain(refusal.file), "reason": _plain(refusal.reason)} for refusal in self.refused],
            "notes": dict(self.notes),
        }


def _plain(text: str) -> str:
    """Names of files and words of decoders as the database can keep them: valid Unicode, no zero bytes, not endless."""
    valid = text.encode(errors="backslashreplace").decode().replace("\0", " ")
    return valid if len(valid) <= LONGEST_TEXT else f"{valid[:LONGEST_TEXT]}…"


@dataclass
class Collected:
    """Rows for the image set, and the report."""

    rows: list[ItemRow] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    _first_file: dict[str, str] = field(default_factory=dict)

    def add(self, image: Image, found: Picture, source: str) -> None:
        """Take a picture into the set, unless its pixels are there already."""
        first = self._first_file.setdefault(image.sha256, found.file)
        if first != found.file:
            self.report.refuse(Refusal(found.file, f"has exactly the pixels of {first}"))
            return
        self.report.imported += 1
        self.report.notes.update(found.attributes.notes)
        self.rows.append(_row(image, found.attributes, source))


def collect(run: ImportRun, folder: Folder, listing: Listing, tell: Progress) -> Collected:
    """Read and store every picture of `listing`; raises jobs.models.Cancelled when the run is called off."""
    collected = Collected(report=Report(notes=Counter(listing.notes)))
    run.beat(done=0, total=len(listing.entries), message="Reading images")
    next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS
    for found in load_pictures(folder, run.layout, listing, pseudonym=lambda number: _pseudonym(run, number)):
        if isinstance(found, Refusal):
            collected.report.refuse(found)
        else:
            image = store_image(workspace=run.workspace, pixels=found.pixels, created_by=run.created_by)
            collected.add(image, found, run.source)
        if time.monotonic() >= next_beat:
            run.beat(done=collected.report.seen)
            tell(run.done, run.total)
            next_beat = time.monotonic() + _SECONDS_BETWEEN_BEATS
    return collected


def _pseudonym(run: ImportRun, number: str) -> str:
    """The same patient number gives the same name within a workspace, and another in every other."""
    text = f"{run.workspace_id}\n{number}"
    return salted_hmac("images.patient", text, algorithm="sha256").hexdigest()[:16]


def _row(image: Image, known: Attributes, source: str) -> ItemRow:
    return ItemRow(
        image=image,
        group=_group(image, known, source),
        caption=known.caption,
        findings=known.findings,
        patient=known.patient,
        age=known.age,
        sex=known.sex,
        view=known.view,
    )


def _group(image: Image, known: Attributes, source: str) -> str:
    """The unit that is resampled: as written, else the patient of a real image or the prompt of a synthetic one."""
    if known.group:
        return known.group
    if source == Source.SYNTHETIC and known.caption:
        return f"prompt-{hashlib.sha256(known.caption.encode()).hexdigest()[:12]}"
    return known.patient or f"image-{image.sha256[:12]}"
