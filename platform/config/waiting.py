"""What waits for a person: readings of their own, and studies whose next step is theirs to take."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import User, Workspace
from accounts.policy import Action
from reader_study.models import Reader, Study, StudyState


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: what, why, and where to take it."""

    title: str
    detail: str
    url: str
    label: str


@dataclass(frozen=True)
class Enrolment:
    """A study as one of its readers may know it: by the title for readers, with their own progress."""

    title: str
    state: StudyState
    answered: int
    total: int
    url: str

    @property
    def finished(self) -> bool:
        """Whether every case is read."""
        return bool(self.total) and self.answered >= self.total

    @property
    def can_read(self) -> bool:
        """Whether there is something to read now."""
        return self.state == StudyState.OPEN and not self.finished

    @property
    def word(self) -> str:
        """Where it stands, in the reader's words: what happens behind the reading is none of them."""
        if self.finished:
            return "finished"
        if self.state == StudyState.LOCKED:
            return "not yet open"
        return {StudyState.OPEN: "open", StudyState.PAUSED: "paused"}.get(self.state, "over")


# What can be read now comes first.
_ORDER = ("open", "paused", "not yet open", "finished", "over")


def readings_of(user: User) -> list[Enrolment]:
    """The studies that the person reads."""
    rows = Reader.objects.filter(user=user).exclude(study__state=StudyState.DRAFT)
    found = [_enrolment(reader) for reader in rows.with_progress().select_related("study")]
    return sorted(found, key=lambda reading: (_ORDER.index(reading.word), reading.title))


def _enrolment(reader: Any) -> Enrolment:
    study = reader.study
    url = reverse("reader_study:read", args=[study.token])
    return Enrolment(study.reader_title, StudyState(study.state), reader.answered, reader.total, url)


def waiting_for(
    user: User, workspace: Workspace, actions: frozenset[Action], readings: list[Enrolment]
) -> list[Waiting]:
    """Readings that can be done now, then the studies of the workspace that stand still until this person acts."""
    mine = [
        Waiting(
            f"Read: {reading.title}",
            f"{reading.answered} of {reading.total} cases read",
            reading.url,
            "Continue" if reading.answered else "Begin",
        )
        for reading in readings
        if reading.can_read
    ]
    return mine + _studies_waiting(user, workspace, actions)


def _studies_waiting(user: User, workspace: Workspace, actions: frozenset[Action]) -> list[Waiting]:
    if Action.MANAGE_STUDIES not in actions:
        return []
    studies = Study.objects.visible_to(user).filter(workspace=workspace).with_progress()
    steps = [(study, next_step(study, actions)) for study in studies]
    return [
        Waiting(f"{step[0]}: {study.title}", step[1], study.get_absolute_url(), "Open page")
        for study, step in steps
        if step
    ]


def next_step(study: Any, actions: frozenset[Action]) -> tuple[str, str] | None:
    """What the study waits for, as a verb and a reason; None while it runs by itself or is done."""
    match study.state:
        case StudyState.DRAFT:
            return "Check and lock", "Nobody can be invited before the protocol is fixed."
        case StudyState.LOCKED if not study.readers_count:
            return "Invite readers", "Locked, and nobody is invited yet."
        case StudyState.LOCKED:
            return "Open", f"{_people(study.readers_count)} invited; reading has not begun."
        case StudyState.OPEN if study.shown_total and study.read_total == study.shown_total:
            return "Close", "Every case has been read."
        case StudyState.PAUSED:
            return "Resume", "Paused: readers wait."
        case StudyState.CLOSED if Action.UNSEAL in actions:
            return "Unseal", "Reading is over; the results wait behind the key."
    return None


def _people(count: int) -> str:
    return f"{count} reader" if count == 1 else f"{count} readers"
