"""What readers saw: every finding that was asked, on real and on synthetic images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.findings.multiplicity import adjust
from reader_study.analysis.findings.non_inferiority import FindingTest, finding_test
from reader_study.analysis.findings.rates import as_estimate, rate_difference, rate_of, rates
from reader_study.analysis.plan import FAMILIES, Family
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate

SEEN, CORRECT = "seen:", "correct:"


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """One finding on the images of one source: how often it was seen, and how often readers were right about it."""

    source: str
    seen: Estimate
    correct: Estimate


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. Shares of reads over readers and cases; differences are synthetic less real.

    `seen_p_adjusted` is Benjamini and Hochberg's over the findings of the study. `reason` says why a difference is None.
    """

    name: str
    seen_real: Estimate
    seen_synthetic: Estimate
    seen_difference: Estimate | None
    seen_p_adjusted: float | None
    correct_real: Estimate
    correct_synthetic: Estimate
    correct_difference: Estimate | None
    non_inferiority: FindingTest
    sources: tuple[SourceFinding, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Every finding that was asked, by name. families: how the tests were judged together, as fixed at the lock."""

    margin: float
    alpha: float
    findings: tuple[Finding, ...]
    families: dict[str, Family]
    reason: str = ""


def finding_names(table: RatingTable) -> tuple[str, ...]:
    """The findings that the table has answers for: its columns "seen:NAME" and "correct:NAME"."""
    names = {column.split(":", 1)[1] for column in table.extra if column.startswith((SEEN, CORRECT))}
    return tuple(sorted(names))


def findings_section(table: RatingTable, *, margin: float, alpha: float = 0.05) -> Findings:
    """Every finding's proportions, differences and non-inferiority, over readers and cases.

    table: columns "seen:NAME" (1 present, 0 absent) and "correct:NAME" (1 right, 0 wrong, NaN not known). margin: how much
    less often readers may be right about synthetic images, fixed at the lock. Tests are one-sided at alpha for
    non-inferiority (Holm over findings) and two-sided for how often a finding is seen (Benjamini and Hochberg).
    """
    names = finding_names(table)
    families = {name: FAMILIES[name] for name in ("findings", "findings_seen")}
    if not names:
        return Findings(margin, alpha, (), families, "No findings were asked about.")
    if len(table.arms) > 1:
        return Findings(margin, alpha, (), families, "These reads hold several arms: choose one.")
    rows = [_finding(table, name, margin, alpha) for name in names]
    return Findings(margin, alpha, tuple(_judged(rows)), families)


def _finding(table: RatingTable, name: str, margin: float, alpha: float) -> Finding:
    seen, correct = f"{SEEN}{name}", f"{CORRECT}{name}"
    full = _with_columns(table, seen, correct)
    shown, right = (rates(full, column, by="truth", alpha=alpha) for column in (seen, correct))
    seen_difference, _ = _difference(full, seen, f"{name} seen, synthetic less real", alpha)
    correct_difference, reason = _difference(full, correct, f"{name} right, synthetic less real", alpha)
    synthetic = rate_of(right, "1")
    return Finding(
        name=name,
        seen_real=rate_of(shown, "0"),
        seen_synthetic=rate_of(shown, "1"),
        seen_difference=seen_difference,
        seen_p_adjusted=None,
        correct_real=rate_of(right, "0"),
        correct_synthetic=synthetic,
        correct_difference=correct_difference,
        non_inferiority=finding_test(correct_difference, synthetic, margin=margin, alpha=alpha),
        sources=_by_source(full, seen, correct, alpha),
        reason=reason,
    )


def _with_columns(table: RatingTable, *names: str) -> RatingTable:
    absent = {name: np.full(len(table), np.nan) for name in names if name not in table.extra}
    return replace(table, extra={**table.extra, **absent}) if absent else table


def _difference(table: RatingTable, column: str, estimand: str, alpha: float) -> tuple[Estimate | None, str]:
    if np.isnan(table.column(column)).all():
        return None, "Nobody answered, or what the images show is not known."
    try:
        return as_estimate(rate_difference(table, column, estimand, alpha=alpha)), ""
    except NotEstimable as reason:
        return None, str(reason)


def _by_source(table: RatingTable, seen: str, correct: str, alpha: float) -> tuple[SourceFinding, ...]:
    shown, right = (rates(table, column, by="source", alpha=alpha) for column in (seen, correct))
    return tuple(SourceFinding(name, rate_of(shown, name), rate_of(right, name)) for name in table.primary().sources)


def _judged(rows: list[Finding]) -> list[Finding]:
    """The findings with their p-values adjusted over each other."""
    holm = adjust([row.non_inferiority.p_value for row in rows], family="findings")
    seen = adjust(
        [row.seen_difference.p_value if row.seen_difference else None for row in rows], family="findings_seen"
    )
    return [
        replace(row, seen_p_adjusted=explored, non_inferiority=_decided(row.non_inferiority, confirmed))
        for row, confirmed, explored in zip(rows, holm, seen, strict=True)
    ]


def _decided(test: FindingTest, p_adjusted: float | None) -> FindingTest:
    return replace(test, p_adjusted=p_adjusted, shown=p_adjusted is not None and p_adjusted < test.alpha)
