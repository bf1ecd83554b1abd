"""Evidence that may be looked at at any time: e-values and confidence sequences."""

from __future__ import annotations

import math
from typing import Any

from accounts.numerals import number_text
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = (
    "Reader",
    "Accuracy with confidence sequence",
    "E-value at the end",
    "Highest e-value",
    "E-value, counted deck",
)


def evidence(document: Record) -> Section | None:
    """None without calls."""
    found = document.analysis.sequential
    if not found.path:
        return None
    rows = [_panel(found), *(_reader(one) for one in found.readers)]
    caption = (
        "Evidence at the end. The panel's e-value is the mean of the readers', valid however reads of the same image hang "
        "together; the counted deck is the same against a reader who knows how many cases of each kind are left."
    )
    figures = ("evidence",) if "evidence" in document.figures else ()
    table = Table(caption, _HEADER, tuple(rows), (2, 3, 4))
    return Section("evidence", "Evidence as the reads came in", _words(found), figures, (table,))


def _words(found: Any) -> tuple[str, ...]:
    line = f"{1 / found.alpha:g}"
    crossed = (
        f"The e-value against chance first reached 1/alpha = {line} after {cells.plural(found.crossed_at, 'read')} of each "
        "reader: a study that watched it could have stopped there."
        if found.crossed_at
        else f"The e-value against chance never reached 1/alpha = {line}."
    )
    equivalent = (
        f" The confidence sequence first lay within the margin after {cells.plural(found.equivalent_at, 'read')} of each "
        "reader; it speaks of these readers on these cases and of raw accuracy."
        if found.equivalent_at
        else ""
    )
    p_value = f" Valid at any time: {cells.p_equals(found.p_value)}." if found.p_value is not None else ""
    return (f"{crossed}{equivalent}{p_value}",)


def _panel(found: Any) -> tuple[Cell, ...]:
    return (
        Cell("All, mean"),
        cells.share(found.accuracy),
        _e(found.log_e),
        _e(found.highest_log_e),
        cells.number(None),
    )


def _reader(one: Any) -> tuple[Cell, ...]:
    return (Cell(one.reader), cells.share(one.accuracy), _e(one.log_e), _e(one.highest_log_e), _e(one.deck_log_e))


def _e(log: float | None) -> Cell:
    if log is None:
        return cells.number(None)
    if log > 700:
        return Cell(f"10^{log / math.log(10):.0f}")
    return Cell(number_text(math.exp(log)) if math.exp(log) >= 0.001 else "< 0.001")
