"""A study's life as steps on its page."""

from dataclasses import dataclass
from datetime import datetime

from reader_study.models import Study, StudyState

_ORDER = [StudyState.DRAFT, StudyState.LOCKED, StudyState.OPEN, StudyState.CLOSED, StudyState.UNSEALED]


@dataclass(frozen=True)
class Step:
    """One stage: its name, what it means, when it was reached, and whether it is past or present."""

    title: str
    text: str
    at: datetime | None
    done: bool
    now: bool


def steps_of(study: Study) -> list[Step]:
    """The five stages of `study`, a pause being part of being open; of imported readings the one that they have."""
    if study.is_imported:
        text = "The readings came as a file, with the truth. Nothing was locked here before they were made."
        return [Step("Imported", text, study.unsealed_at, done=True, now=False)]
    state = StudyState.OPEN if study.state == StudyState.PAUSED else StudyState(study.state)
    place = _ORDER.index(state)
    texts = [
        ("Draft", "Cases are chosen and rendered; look at the blinding report and the preview.", study.created_at),
        ("Locked", "The protocol is fixed, the key is sealed. Readers can be invited.", study.locked_at),
        ("Paused" if study.state == StudyState.PAUSED else "Open", "Readers read.", study.opened_at),
        ("Closed", "No more answers are taken.", study.closed_at),
        ("Unsealed", "The key is published and the results can be seen.", study.unsealed_at),
    ]
    last = len(texts) - 1
    return [
        Step(title, text, at if step <= place else None, step < place or place == last, step == place != last)
        for step, (title, text, at) in enumerate(texts)
    ]
