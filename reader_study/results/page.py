"""What the results page shows, prepared from the stored document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.models import AnalysisRun
from reader_study.presentation import appendix, methods_of, outcome_of, sections_of, verdict_sentences
from reader_study.results.kept import has_newer_card
from reader_study.results.record import Record
from reader_study.results.selection import SELECTABLE, choices_of, words_of

_LOOKS: dict[str, str] = {
    Outcome.DISTINGUISHABLE: "warn",
    Outcome.EQUIVALENT: "ok",
    Outcome.INCONCLUSIVE: "",
    Outcome.HYPER_REAL: "info",
}


@dataclass(frozen=True)
class Shown:
    """A figure of the page: its address' name, heading and words for those who do not see it."""

    name: str
    title: str
    alt: str


@dataclass(frozen=True)
class Filter:
    """One way to narrow the reads: the name in the address, its words, what can be chosen and what is."""

    name: str
    label: str
    options: list[str]
    chosen: str


def page_context(run: AnalysisRun) -> dict[str, Any]:
    """Everything that templates/reader_study/results.html needs."""
    document = Record(run.document or {})
    figures = {name: Shown(name, one.title, one.alt) for name, one in document.figures.items()}
    first, *others = verdict_sentences(document)
    return {
        "study": run.study,
        "run": run,
        "results": document,
        "analysis": document.analysis,
        "provenance": document.provenance,
        "outcome": outcome_of(document),
        "look": _LOOKS.get(outcome_of(document), ""),
        "sentence": first,
        "more_sentences": others,
        "sections": [
            (section, [figures[name] for name in section.figures if name in figures])
            for section in sections_of(document)
        ],
        "methods": methods_of(document),
        "pooled": appendix(document),
        "deviations": document.deviations,
        "may_say_more": has_newer_card(run),
        **filter_context(run),
    }


def filter_context(run: AnalysisRun) -> dict[str, Any]:
    """What the reads can be narrowed to, and what they are; also for the page that waits for an analysis."""
    choices = choices_of(run.study)
    return {
        "filters": [
            Filter(name, SELECTABLE[name], options, run.selection.get(name, "")) for name, options in choices.items()
        ],
        "selection": run.selection,
        "selection_words": words_of(run.selection),
    }
