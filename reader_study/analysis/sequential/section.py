"""What could have been said after every read: e-values and confidence sequences along the study."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.sequential.deck import deck_log_e_path
from reader_study.analysis.sequential.eprocess import confidence_sequence, log_e_value
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats, Interval, missing

POINTS = 500


@dataclass(frozen=True, slots=True)
class ReaderPath:
    """One reader at the end: accuracy with its confidence sequence, log E, the highest log E on the way.

    deck_log_e: the same against a reader who counts the cases of a deck of known composition; None where the null is not
    one half.
    """

    reader: str
    accuracy: Estimate
    log_e: float
    highest_log_e: float
    deck_log_e: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """After `read` reads of every reader (fewer of those who have fewer): the panel's log E and accuracy with its sequence."""

    read: int
    log_e: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sequential:
    """The panel's evidence at the end and along the way.

    accuracy: mean over readers with its confidence sequence. p_value: 1 / highest E, valid at any time. crossed_at: reads
    of each reader after which E first reached 1/alpha. equivalent_at: after which the sequence first lay within null +-
    margin; it speaks of these readers on these cases and for raw accuracy.
    """

    null: float
    alpha: float
    margin: float | None
    accuracy: Estimate
    log_e: float | None
    highest_log_e: float | None
    p_value: float | None
    crossed_at: int | None
    equivalent_at: int | None
    readers: tuple[ReaderPath, ...]
    path: tuple[Point, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Counts:
    """(J, T) right calls and calls of every reader after her first 1..T reads; they stay where a reader has ended."""

    correct: Floats
    called: Floats


def sequential_section(
    table: RatingTable, *, null: float = 0.5, alpha: float = 0.05, margin: float | None = None
) -> Sequential:
    """Sequential evidence from the first readings that have a call, each reader's in the order of her list.

    The panel's e-value is the mean of the readers' ones: an e-value whatever the dependence between readers who see the
    same cases, which the e-value of pooled reads is not. Its confidence sequence is the mean of the readers' sequences,
    each with alpha / J. Raises AnalysisError for a null or alpha outside (0, 1).
    """
    if not (0 < null < 1 and 0 < alpha < 1):
        raise AnalysisError("null and alpha must lie between 0 and 1.")
    first = table.primary()
    names = [name for name in first.readers if not np.isnan(first.call[first.reader == name]).all()]
    if not names:
        reason = "There are no calls."
        nothing = missing("confidence_sequence", 0, reason)
        return Sequential(null, alpha, margin, nothing, None, None, None, None, None, (), (), reason)
    orders = [_order(first, name) for name in names]
    counts = _counts(first, orders)
    logs = log_e_value(counts.correct, counts.called, null)
    readers = tuple(
        _reader_path(first, name, order, logs[index], null, alpha)
        for index, (name, order) in enumerate(zip(names, orders, strict=True))
    )
    return _panel(counts, logs, readers, (null, alpha, margin), len(first.cases))


def _order(table: RatingTable, reader: str) -> np.ndarray:
    """Indices of a reader's reads along her list; without positions as they stand in the table."""
    own = np.flatnonzero(table.reader == reader)
    return np.asarray(own[np.argsort(table.position[own], kind="stable")])


def _counts(table: RatingTable, orders: list[np.ndarray]) -> _Counts:
    calls = [table.call[order][~np.isnan(table.call[order])] for order in orders]
    truths = [table.truth[order][~np.isnan(table.call[order])] for order in orders]
    longest = max(call.size for call in calls)
    correct, called = np.zeros((len(orders), longest)), np.zeros((len(orders), longest))
    for index, (call, truth) in enumerate(zip(calls, truths, strict=True)):
        right = np.cumsum(call == truth)
        correct[index] = np.concatenate([right, np.full(longest - call.size, right[-1])])
        called[index] = np.minimum(np.arange(1, longest + 1), call.size)
    return _Counts(correct, called)


def _reader_path(
    table: RatingTable, name: str, order: np.ndarray, logs: Floats, null: float, alpha: float
) -> ReaderPath:
    call, truth = table.call[order], table.truth[order]
    k, n = int((call == truth).sum()), int((~np.isnan(call)).sum())
    low, high = confidence_sequence(np.asarray(float(k)), np.asarray(float(n)), alpha=alpha)
    interval = Interval(float(low), float(high), 1 - alpha)
    accuracy = Estimate(k / n, interval, "confidence_sequence", n, n_readers=1, n_cases=n)
    deck = float(deck_log_e_path(truth, call)[-1]) if null == 0.5 else None
    return ReaderPath(name, accuracy, float(logs[-1]), float(logs.max()), deck)


def _panel(
    counts: _Counts,
    logs: Floats,
    readers: tuple[ReaderPath, ...],
    asked: tuple[float, float, float | None],
    n_cases: int,
) -> Sequential:
    null, alpha, margin = asked
    mean = np.logaddexp.reduce(logs, axis=0) - math.log(len(readers))
    low, high = (
        ends.mean(axis=0) for ends in confidence_sequence(counts.correct, counts.called, alpha=alpha / len(readers))
    )
    accuracy = (counts.correct / counts.called).mean(axis=0)
    within = None if margin is None else (low > null - margin) & (high < null + margin)
    highest = float(mean.max())
    interval = Interval(float(low[-1]), float(high[-1]), 1 - alpha)
    n = int(counts.called[:, -1].sum())
    return Sequential(
        null=null,
        alpha=alpha,
        margin=margin,
        accuracy=Estimate(
            float(accuracy[-1]), interval, "confidence_sequence", n, n_readers=len(readers), n_cases=n_cases
        ),
        log_e=float(mean[-1]),
        highest_log_e=highest,
        p_value=min(1.0, math.exp(-highest)) if highest < 700 else 0.0,
        crossed_at=_first(mean >= -math.log(alpha)),
        equivalent_at=None if within is None else _first(within),
        readers=readers,
        path=_points(mean, accuracy, low, high),
    )


def _first(holds: np.ndarray) -> int | None:
    return int(np.argmax(holds)) + 1 if holds.any() else None


def _points(mean: Floats, accuracy: Floats, low: Floats, high: Floats) -> tuple[Point, ...]:
    """At most POINTS of the path, the first and the last among them."""
    kept = np.unique(np.linspace(0, mean.size - 1, min(mean.size, POINTS)).round().astype(np.int64))
    return tuple(
        Point(int(at) + 1, float(mean[at]), float(accuracy[at]), float(low[at]), float(high[at])) for at in kept
    )
