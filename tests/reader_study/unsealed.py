"""Studies that were read and unsealed, for the tests of results and exports."""

import uuid
from collections.abc import Callable

from accounts.models import User, Workspace
from reader_study import services
from reader_study.models import AnalysisRun, Case, Presentation, Reader, Reading, Study
from tests.reader_study.factories import build_open, enter

# What a reader answers: from the case's source, the reader's number and the position, a rating of 1 to 6.
Answer = Callable[[str, int, int], int]


def skilled(source: str, reader: int, position: int) -> int:
    """Right most of the time, in a way that differs between readers and positions."""
    right = (position + reader) % 4 != 0
    return (5 if right else 2) if source == "synthetic" else (2 if right else 5)


def read_study(
    workspace: Workspace,
    user: User | None,
    *,
    readers: int = 3,
    n: int = 8,
    simulated: int = 0,
    answer: Answer = skilled,
    **options: object,
) -> Study:
    """An open study of which every presentation was answered."""
    study = build_open(workspace, user, n=n, **options)
    sources = dict(Case.objects.filter(study=study).values_list("code", "key__source"))
    for number in range(readers):
        _, reader = enter(study, user=user, simulated=number < simulated)
        answer_all(reader, lambda code, position, number=number: answer(sources[code], number, position))  # type: ignore[misc]
    return study


def answer_all(reader: Reader, rate: Callable[[str, int], int]) -> None:
    """Store one whole answer for every presentation of `reader`."""
    shown = Presentation.objects.filter(reader=reader).select_related("case")
    Reading.objects.bulk_create(
        Reading(
            presentation=presentation,
            revision=1,
            key=uuid.uuid4(),
            answers={
                "source_confidence": rate(presentation.case.code, presentation.position),
                "realism": 1 + presentation.position % 5,
            },
            complete=True,
            active_ms=2000 + 100 * presentation.position,
            total_ms=2500 + 100 * presentation.position,
            first_paint_ms=15,
            events={"window": {"center": 128, "width": 256}, "tools": {"zoom": 2, "window": 1}},
        )
        for presentation in shown
    )


def unseal(study: Study, user: User | None) -> Study:
    """Close, unseal and analyse, as a worker would."""
    services.close_study(study=study, user=user)
    services.unseal_study(study=study, user=user)
    for run in AnalysisRun.objects.filter(study=study):
        services.run_analysis(run)
    study.refresh_from_db()
    return study
