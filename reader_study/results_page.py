"""What the results page shows, prepared from the results."""

import math
from dataclasses import dataclass
from typing import Any

from reader_study.analysis.methods import METHODS, Method
from reader_study.analysis.mrmc.endpoint import Endpoint
from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.mrmc.verdict import Outcome
from reader_study.analysis.readers import ReaderRow
from reader_study.analysis.types import Estimate, Interval
from reader_study.figures import FIGURES
from reader_study.models import Study
from reader_study.results import Results, results_document

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

    row: ReaderRow
    simulated: bool


def page_context(study: Study, results: Results) -> dict[str, Any]:
    """Everything that templates/reader_study/results.html needs."""
    analysis = results.analysis
    primary = analysis.primary
    return {
        "study": study,
        "results": results,
        "analysis": analysis,
        "provenance": results.provenance,
        "look": _LOOKS[primary.verdict.outcome],
        "endpoints": [analysis.primary, analysis.auc],
        "readers": [ReaderLine(row, row.reader in results.simulated) for row in analysis.readers],
        "figures": {name: Shown(name, figure.title, figure.alt(results)) for name, figure in FIGURES.items()},
        "band": (analysis.null - analysis.margin, analysis.null + analysis.margin),
        "levels": analysis.realism.sources[0].levels if analysis.realism.sources else (),
        "time_ratio": ratio(analysis.times.log_ratio),
        "agreement": _agreement(results),
        "methods": methods_text(results),
        "methods_plan": _plan_sentence(primary, results),
    }


def ratio(log_ratio: SingleArm | None) -> Estimate | None:
    """A mean difference of logarithms as a ratio of geometric means, with its interval."""
    if log_ratio is None:
        return None
    found = log_ratio.interval
    interval = Interval(math.exp(found.low), math.exp(found.high), found.level) if found else None
    value = math.exp(log_ratio.estimate)
    return Estimate(value, interval, log_ratio.method, log_ratio.n_reads, p_value=log_ratio.p_value)


def methods_text(results: Results) -> list[Method]:
    """The methods that these results used, in the order of the registry."""
    used = results_document(results)["methods"]
    return [method for name, method in METHODS.items() if name in used]


def _agreement(results: Results) -> list[tuple[str, Estimate]]:
    between, within = results.analysis.agreement, results.analysis.repeats
    return [
        ("Same call, pairs of readers", between.percent_calls),
        ("Fleiss kappa of calls", between.fleiss_calls),
        ("Gwet AC1 of calls", between.ac1_calls),
        ("Gwet AC2 of ratings, quadratic weights", between.ac2_ratings),
        (f"Same call on {within.n_pairs} hidden repeats", within.same_call),
        ("Cohen kappa of calls on repeats", within.kappa_calls),
        ("Weighted kappa of ratings on repeats", within.weighted_kappa_ratings),
    ]


def _plan_sentence(primary: Endpoint, results: Results) -> str:
    size, analysis = results.analysis.size, results.analysis
    return (
        f"{size.n_readers} readers judged {size.n_real} real and {size.n_synthetic} synthetic images, each image once "
        f"({size.n_reads} reads), and {size.n_repeats} hidden repeats. Ratings of {results.called_synthetic_from} and "
        f"above counted as a call of synthetic, the positive class. The primary endpoint was {primary.name}; the margin "
        f"of equivalence was {100 * analysis.margin:g} percentage points around {100 * analysis.null:g} %, and the "
        f"significance level {analysis.alpha:g}, both fixed at the lock."
    )
