"""The four answers of a visual Turing test."""

from dataclasses import dataclass
from enum import StrEnum

from reader_study.analysis.mrmc.equivalence import Equivalence
from reader_study.analysis.mrmc.single_arm import SingleArm


class Outcome(StrEnum):
    DISTINGUISHABLE = "distinguishable"
    EQUIVALENT = "equivalent to chance within the margin"
    INCONCLUSIVE = "inconclusive"
    HYPER_REAL = "hyper-real"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with the one sentence that may be quoted and, where needed, a remark that must go with it."""

    outcome: Outcome
    estimand: str
    sentence: str
    remark: str = ""


def decide(result: SingleArm, equivalence: Equivalence, alpha: float = 0.05) -> Verdict:
    """Equivalent where TOST shows it; else distinguishable or hyper-real where p < alpha; else inconclusive.

    A significant difference smaller than the margin is equivalence (that is what the margin was set for) with a remark;
    a non-significant difference alone is never evidence of realism.
    """
    differs = result.p_value is not None and result.p_value < alpha
    if equivalence.shown:
        outcome = Outcome.EQUIVALENT
    elif differs:
        outcome = Outcome.DISTINGUISHABLE if result.estimate > result.null else Outcome.HYPER_REAL
    else:
        outcome = Outcome.INCONCLUSIVE
    remark = _remark(outcome, result, differs)
    return Verdict(outcome, result.estimand, _sentence(outcome, result, equivalence), remark)


def percent(value: float) -> str:
    """0.6472 as "64.7 %", the same in every sentence and table."""
    return f"{100 * value:.1f} %"


def _shown(estimand: str, value: float) -> str:
    # An accuracy is read as a share of cases, an area as a number.
    return percent(value) if "accuracy" in estimand else f"{value:.3f}"


def _sentence(outcome: Outcome, result: SingleArm, equivalence: Equivalence) -> str:
    who = f"{result.n_readers} reader{'s' if result.n_readers != 1 else ''}"
    found = f"{result.estimand} {_shown(result.estimand, result.estimate)}{_interval_text(result)}"
    margin = f"{100 * equivalence.margin:g} percentage points"
    return {
        Outcome.DISTINGUISHABLE: f"{who} told synthetic from real images better than chance: {found}.",
        Outcome.EQUIVALENT: f"{who} did no better or worse than chance, to within {margin}: {found}.",
        Outcome.HYPER_REAL: f"{who} took synthetic images for real more often than real ones: {found}.",
        Outcome.INCONCLUSIVE: f"This study cannot tell whether {who} can tell synthetic from real images: {found}.",
    }[outcome]


def _interval_text(result: SingleArm) -> str:
    if result.interval is None:
        return ""
    low, high = (_shown(result.estimand, end) for end in (result.interval.low, result.interval.high))
    return f" ({100 * result.interval.level:g} % interval {low} to {high})"


def _remark(outcome: Outcome, result: SingleArm, differs: bool) -> str:
    if outcome is Outcome.EQUIVALENT and differs:
        side = "above" if result.estimate > result.null else "below"
        return f"The estimate is significantly {side} chance, but by less than the margin set before reading."
    if outcome is Outcome.INCONCLUSIVE:
        return "Not differing significantly from chance is not evidence of realism: more readers or cases are needed."
    return ""
