"""What the results page and the report show, prepared from the stored document."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.models import AnalysisRun
from reader_study.record import Record
from reader_study.selection import choices_of, words_of

_LOOKS = {
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
class ReaderLine:
    """A row of the reader table."""

    row: Any
    simulated: bool


def page_context(run: AnalysisRun) -> dict[str, Any]:
    """Everything that templates/reader_study/results.html needs."""
    document = Record(run.document or {})
    analysis = document.analysis
    plan = analysis.settings
    return {
        "study": run.study,
        "run": run,
        "results": document,
        "analysis": analysis,
        "provenance": document.provenance,
        "look": _LOOKS[Outcome(analysis.primary.verdict.outcome)],
        "endpoints": [analysis.primary, analysis.auc],
        "readers": [ReaderLine(row, row.reader in document.simulated_readers) for row in analysis.readers],
        "figures": {name: Shown(name, one.title, one.alt) for name, one in document.figures.items()},
        "band": (plan.null - plan.margin, plan.null + plan.margin),
        "levels": analysis.realism.sources[0].levels if analysis.realism.sources else (),
        "time_ratio": ratio(analysis.times.log_ratio),
        "agreement": _agreement(analysis),
        "methods": document.methods.values(),
        "methods_plan": plan_sentence(document),
        "choices": choices_of(run.study),
        "selection": run.selection,
        "selection_words": words_of(run.selection),
    }


def ratio(log_ratio: Any) -> Record | None:
    """A mean difference of logarithms as a ratio of geometric means, with its interval."""
    if log_ratio is None:
        return None
    found = log_ratio.interval
    interval = {**found, "low": math.exp(found.low), "high": math.exp(found.high)} if found else None
    value = math.exp(log_ratio.estimate)
    return Record({**log_ratio, "value": value, "interval": interval, "warnings": []})


def _agreement(analysis: Any) -> list[tuple[str, Any]]:
    between, within = analysis.agreement, analysis.repeats
    return [
        ("Same call, pairs of readers", between.calls.percent),
        ("Fleiss kappa of calls", between.calls.fleiss),
        ("Gwet AC1 of calls", between.calls.ac1),
        ("Gwet AC2 of ratings, quadratic weights", between.ratings.ac2_quadratic),
        (f"Same call on {within.n_pairs} hidden repeats", within.same_call),
        ("Cohen kappa of calls on repeats", within.kappa_calls),
        ("Weighted kappa of ratings on repeats", within.weighted_kappa_ratings),
    ]


def plan_sentence(document: Any) -> str:
    """What was done, in the words of a methods section."""
    analysis = document.analysis
    size, plan = analysis.size, analysis.settings
    return (
        f"{size.n_readers} readers judged {size.n_real} real and {size.n_synthetic} synthetic images, each image once "
        f"({size.n_reads} reads), and {size.n_repeats} hidden repeats. Ratings of {document.called_synthetic_from:g} and "
        f"above counted as a call of synthetic, the positive class. The primary endpoint was {analysis.primary.name}; the "
        f"margin of equivalence was {100 * plan.margin:g} percentage points around {100 * plan.null:g} %, and the "
        f"significance level {plan.alpha:g}, both fixed at the lock."
    )
