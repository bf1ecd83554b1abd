"""What happened otherwise than a locked protocol foresees, said from the data: for the results page and the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from reader_study.analysis import StudyAnalysis
from reader_study.models import Presentation, Reading, Study
from reader_study.results.selection import words_of

_METHODS = {"or": "Obuchowski and Rockette", "ustat": "the U-statistic"}


@dataclass(frozen=True)
class Circumstances:
    """What, beside the study itself, deviations are told from. simulated: codes of readers whose answers a program made."""

    analysis: StudyAnalysis
    simulated: frozenset[str]
    selection: dict[str, str]
    protocol_matches: bool
    key_matches: bool


def deviations(study: Study, facts: Circumstances) -> list[str]:
    """Whole sentences, the gravest first; an empty list where everything went as locked."""
    return [*_integrity(study, facts), *_origin(study, facts), *_reads(study, facts.analysis), *_analysis(study, facts)]


def _integrity(study: Study, facts: Circumstances) -> Iterator[str]:
    if not facts.protocol_matches:
        yield "The protocol is not the one that was locked: its digest does not match."
    if not facts.key_matches:
        yield "The key does not match the commitment that was published at the lock."
    if study.is_imported:
        yield (
            "The readings were made elsewhere and imported together with the truth: nothing was locked here before they "
            "were read, margin and level were chosen at the import, and whether the readers were blinded is not known here."
        )


def _origin(study: Study, facts: Circumstances) -> Iterator[str]:
    if facts.simulated:
        names = ", ".join(sorted(facts.simulated))
        yield f"Answers of {_count(len(facts.simulated), 'reader')} ({names}) were made by a program, not by a person."
    if study.is_phantom:
        yield "The pictures are drawn phantoms, not radiographs of people."
    if study.suspicious:
        names = ", ".join(str(row["title"]).lower() for row in study.suspicious)
        said = f" Reason given: {study.acknowledgement}" if study.acknowledgement else ""
        yield (
            f"The study was locked although {len(study.suspicious)} of {len((study.blinding_report or {})['rows'])} "
            f"properties of the frames tell real from synthetic better than chance explains ({names}).{said}"
        )


def _reads(study: Study, analysis: StudyAnalysis) -> Iterator[str]:
    size = analysis.size
    total, done = _lists(study)
    if stopped := [f"{code} read {done[code]} of {total[code]}" for code in sorted(done) if done[code] < total[code]]:
        yield f"{_count(len(stopped), 'reader')} did not finish: {', '.join(stopped)}."
    if absent := sorted(total.keys() - done.keys()):
        yield (
            f"{_count(len(absent), 'reader')} enrolled and read nothing ({', '.join(absent)}): they are not in the analysis."
        )
    if size.n_unread:
        whole = size.n_unread + size.n_reads
        yield f"{size.n_unread} of {whole} reads that a full crossing of readers and cases would have were not made."
    if size.n_unanswered:
        yield f"{_count(size.n_unanswered, 'first reading')} came without a rating and count as missing."
    answers = Reading.objects.filter(presentation__reader__study=study)
    if late := answers.filter(late=True).values("presentation").distinct().count():
        yield (
            f"Late answers to {_count(late, 'presentation')}, from a page left open behind the reader's place in her list, "
            "are kept and not counted."
        )


def _lists(study: Study) -> tuple[dict[str, int], dict[str, int]]:
    """By reader, how many presentations her list has, and how many of them she answered whole."""
    shown = Presentation.objects.filter(reader__study=study).order_by()
    total = dict(shown.values_list("reader__code").annotate(Count("pk")))
    return total, dict(shown.read().values_list("reader__code").annotate(Count("pk")))


def _analysis(study: Study, facts: Circumstances) -> Iterator[str]:
    analysis = facts.analysis
    locked: dict[str, Any] = (study.protocol or {}).get("analysis", {})
    if facts.selection:
        yield (
            f"The reads were narrowed after the unsealing to {words_of(facts.selection)}: this analysis is exploratory, and "
            "its verdict does not stand for the study."
        )
    if (endpoint := locked.get("primary_endpoint")) and endpoint != analysis.primary.name:
        yield f"The locked primary endpoint was {endpoint}; without calls, {analysis.primary.name} stands in its place."
    foreseen, design = str(locked.get("inference", "or_rrrc")), analysis.primary.design
    if design is not None and analysis.primary.random is not None and design.method != foreseen.split("_")[0]:
        yield (
            f"The analysis that the protocol foresees is that of {_METHODS.get(foreseen.split('_')[0], foreseen)}; this design called for "
            f"{_METHODS.get(design.method, design.method)} instead. {design.reason}"
        )
    tested = analysis.primary.tested
    if tested is not None and tested.n_readers == 1:
        yield "One reader: the interval covers other cases, not other readers."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
