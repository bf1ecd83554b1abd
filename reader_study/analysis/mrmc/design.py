"""Who read what: the design of a table of reads, and the method that it calls for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Flags

OR, USTAT = "or", "ustat"


class Kind(StrEnum):
    EMPTY = "nothing read"
    FULLY_CROSSED = "fully crossed"
    PARTIALLY_PAIRED = "partially paired"
    CASES_NESTED = "cases nested in arms"
    READERS_NESTED = "readers nested in arms"
    SPLIT_PLOT = "split-plot"
    MISSING = "missing reads"


_REASONS = {
    Kind.EMPTY: "no read has this answer",
    Kind.FULLY_CROSSED: "every reader read every case in every arm",
    Kind.PARTIALLY_PAIRED: "the arms share some cases and have others of their own, read by every reader",
    Kind.CASES_NESTED: "every reader read in every arm, and no case is in two arms",
    Kind.READERS_NESTED: "no reader read in every arm",
    Kind.SPLIT_PLOT: "groups of readers read cases of their own",
    Kind.MISSING: "some reads are missing",
}
_WORDS = {OR: "Obuchowski-Rockette", USTAT: "the U-statistic over the reads that exist"}
# Kinds in which every reader has an estimate in every arm from all of that arm's cases.
_BALANCED = (Kind.FULLY_CROSSED, Kind.PARTIALLY_PAIRED, Kind.CASES_NESTED)


@dataclass(frozen=True, slots=True)
class Design:
    """What was read, how it is laid out, and the method that follows from it, with the reason in words.

    n_missing: reads that a full crossing of each arm's readers and cases would add. method: "or" or "ustat"; covariance:
    the estimate of the covariances that the method takes by default.
    """

    kind: Kind
    n_arms: int
    n_readers: int
    n_real: int
    n_synthetic: int
    n_reads: int
    n_missing: int
    method: str
    covariance: str
    reason: str


def describe(table: RatingTable, column: str, *, method: str | None = None, covariance: str | None = None) -> Design:
    """The design of the first readings that have `column`. method, covariance: what was asked for instead of the choice.

    A full crossing takes Obuchowski-Rockette with DeLong covariances, arms on different cases the same with the jackknife's,
    anything else the U-statistic. Raises AnalysisError for an unknown method.
    """
    if method not in (None, OR, USTAT):
        raise AnalysisError(f"Unknown method {method!r}: choose {OR} or {USTAT}.")
    first = table.primary()
    first = first.where(~np.isnan(first.column(column)))
    read = _layout(first)
    kind = _kind(read)
    chosen = method or (OR if kind in _BALANCED else USTAT)
    # Where arms have cases of their own, the unbiased covariances hold the error rate less well than the jackknife's.
    default = "delong" if kind is Kind.FULLY_CROSSED else "jackknife"
    expected = sum(int(arm.any(axis=1).sum()) * int(arm.any(axis=0).sum()) for arm in read)
    synthetic = int(np.unique(first.case[first.truth == 1]).size)
    return Design(
        kind=kind,
        n_arms=len(read),
        n_readers=len(first.readers),
        n_real=len(first.cases) - synthetic,
        n_synthetic=synthetic,
        n_reads=len(first),
        n_missing=expected - len(first),
        method=chosen,
        covariance=covariance or ("unbiased" if chosen == USTAT else default),
        reason=_reason(kind, chosen, asked=method is not None),
    )


def _layout(table: RatingTable) -> Flags:
    """(t, J, n) whether a reader read a case in an arm."""
    arms, arm = np.unique(table.arm, return_inverse=True)
    readers, reader = np.unique(table.reader, return_inverse=True)
    cases, case = np.unique(table.case, return_inverse=True)
    read = np.zeros((arms.size, readers.size, cases.size), dtype=bool)
    read[arm, reader, case] = True
    return read


def _kind(read: Flags) -> Kind:
    if read.size == 0:
        return Kind.EMPTY
    if read.all():
        return Kind.FULLY_CROSSED
    by_reader, by_case = np.asarray(read.any(axis=2)), np.asarray(read.any(axis=1))
    if len(read) > 1 and not by_reader.all(axis=0).any():
        return Kind.READERS_NESTED
    if by_reader.all() and all((part == cases[None, :]).all() for part, cases in zip(read, by_case, strict=True)):
        return Kind.CASES_NESTED if (by_case.sum(axis=0) == 1).all() else Kind.PARTIALLY_PAIRED
    return Kind.SPLIT_PLOT if any(_blocks(part) for part in read) else Kind.MISSING


def _blocks(read: Flags) -> bool:
    """Whether the readers (J, n) fall into two or more groups, each with the same cases, of which no two groups share one."""
    groups = np.unique(read[read.any(axis=1)], axis=0)
    return len(groups) > 1 and bool((groups.sum(axis=0) <= 1).all())


def _reason(kind: Kind, method: str, *, asked: bool) -> str:
    text = f"{kind.value[0].upper()}{kind.value[1:]} ({_REASONS[kind]}): {_WORDS[method]}"
    return f"{text}, as asked." if asked else f"{text}."
