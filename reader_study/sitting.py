"""Where a reader stands, as the reading page gets it: an allow-list, written down field by field.

Nothing reaches a reader's browser from the database except through these classes. No query here touches the key, the
image sets or the images.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count, F, IntegerField, Min, Subquery, Value
from django.db.models.functions import Coalesce

from reader_study.models import Presentation, Reader, StudyState

AHEAD = 2


@dataclass(frozen=True)
class Place:
    """One case that the browser may show: its address, and its number from 0."""

    token: str
    position: int


@dataclass(frozen=True)
class Sitting:
    """All that a reading page is told."""

    reader: str
    state: str
    total: int
    answered: int
    frame: dict[str, int]
    window: dict[str, float]
    questions: list[dict[str, Any]]
    current: Place | None = None
    next: list[str] = field(default_factory=list)
    previous: list[Place] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As plain dictionaries and lists."""
        return asdict(self)

    @property
    def tokens(self) -> set[str]:
        """The cases whose frames may be fetched now."""
        return {place.token for place in [self.current, *self.previous] if place} | set(self.next)


@dataclass(frozen=True)
class Seat:
    """One presentation as the sitting needs it."""

    token: str
    position: int
    done: bool


def sitting(
    *, reader: str, state: str, form: dict[str, Any], total: int, answered: int, seats: Sequence[Seat]
) -> Sitting:
    """Put together what the page is told; `seats` are some in order: from one before the first that is open.

    Unless the study is open, no case is named.
    """
    seats = seats if state == StudyState.OPEN else []
    waiting = [Place(seat.token, seat.position) for seat in seats if not seat.done]
    before = [seat for seat in seats if seat.done and (not waiting or seat.position < waiting[0].position)]
    return Sitting(
        reader=reader,
        state=state,
        total=total,
        answered=answered,
        frame=form["frame"],
        window=form["window"],
        questions=form["questions"],
        current=waiting[0] if waiting else None,
        next=[place.token for place in waiting[1 : 1 + AHEAD]],
        previous=[Place(seat.token, seat.position) for seat in before[-1:]],
    )


def sitting_of(reader: Reader) -> Sitting:
    """Where `reader` (with study) stands, by one query whatever the size of the study."""
    rows = list(
        Presentation.objects.filter(reader=reader)
        .with_done()
        .annotate(
            first_open=first_open(reader),
            total=_over(reader, Presentation.objects.all()),
            answered=_over(reader, Presentation.objects.read()),
        )
        .filter(position__gte=F("first_open") - 1)
        .order_by("position")
        # One before, the current one, two ahead, and as many again that may have been answered out of turn.
        .values("token", "position", "done", "total", "answered")[: 2 + 2 * AHEAD]
    )
    return sitting(
        reader=reader.code,
        state=reader.study.state,
        form=reader.study.form or {},
        total=rows[0]["total"],
        answered=rows[0]["answered"],
        seats=[Seat(row["token"], row["position"], row["done"]) for row in rows],
    )


def first_open(reader: Reader) -> Coalesce:
    """Position of the first presentation without a whole answer; the number of presentations when all have one."""
    first = _over(reader, Presentation.objects.waiting(), Min("position"))
    return Coalesce(first, _over(reader, Presentation.objects.all()))


def _over(reader: Reader, rows: Any, aggregate: Any = None) -> Any:
    """An aggregate (by default the count) over the reader's presentations in `rows`.

    It names the reader itself, not the outer row's, so that the database computes it once and not for every row.
    """
    grouped = rows.filter(reader_id=reader.pk).order_by().values("reader_id")
    value = Subquery(grouped.annotate(value=aggregate or Count("pk")).values("value"), output_field=IntegerField())
    return value if aggregate else Coalesce(value, Value(0))
