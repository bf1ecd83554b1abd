"""Time a case, and what changes along the list: learning and fatigue."""

from __future__ import annotations

import math
from typing import Any

from accounts.numerals import percent_text
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_TIMES = ("Source", "Reads", "Lower quartile", "Median", "Upper quartile")
_TENTHS = ("Tenth of the list", "Reads", "Right", "Median seconds")
_TESTS = ("Question", "Measure", "Value", "p", "Method")


def times(document: Record) -> Section | None:
    """None where no time was recorded."""
    found, analysis = document.analysis.times, document.analysis
    if not any(source.n for source in found.sources):
        return None
    rows = tuple(
        (Cell(source.source), cells.number(source.n), cells.number(source.lower_quartile, 1),
         cells.number(source.median, 1), cells.number(source.upper_quartile, 1))
        for source in found.sources
    )  # fmt: skip
    ratio = time_ratio(found.log_ratio)
    words = found.reason
    if ratio is not None:
        text = cells.in_words(cells.estimate(ratio), 1 - analysis.settings.alpha)
        words = (
            f"Readers took {text} times as long on synthetic images as on real ones (ratio of geometric means), "
            f"{cells.p_equals(ratio.p_value)}."
        )
    table = Table("Active seconds a case, without pauses; first readings.", _TIMES, rows, (1, 2, 3, 4))
    figures = ("times",) if "times" in document.figures else ()
    return Section("times", "Time a case", (words,) if words else (), figures, (table,), beside=True)


def time_ratio(log_ratio: Any) -> Record | None:
    """A mean difference of logarithms as a ratio of geometric means, with its interval."""
    if log_ratio is None:
        return None
    found = log_ratio.interval
    interval = {**found, "low": math.exp(found.low), "high": math.exp(found.high)} if found else None
    return Record({**log_ratio, "value": math.exp(log_ratio.estimate), "interval": interval, "warnings": []})


def order(document: Record) -> Section | None:
    """None where the place of a case in its reader's list is not known."""
    found = document.analysis.order
    if not found.tenths:
        return None
    tenths = tuple(
        (Cell(f"{one.tenth}"), cells.number(one.n), Cell(percent_text(one.accuracy, 1), muted=one.accuracy is None),
         cells.number(one.median_seconds, 1))
        for one in found.tenths
    )  # fmt: skip
    rows = tuple(_tests(found))
    spread = f" One standard deviation is {found.position_sd:.1f} places." if found.position_sd else ""
    tables: tuple[Table, ...] = (
        (Table(f"Learning and fatigue along the list.{spread}", _TESTS, rows, (3,)),) if rows else ()
    )
    tables += (Table("Each tenth of the readers' lists.", _TENTHS, tenths, (1, 2, 3), folded="Tenths as a table"),)
    figures = ("order",) if "order" in document.figures else ()
    words = "Do readers learn what synthetic images look like, or tire, as they read?"
    return Section("order", "Order: learning and fatigue", (words,), figures, tables)


def _tests(found: Any) -> list[tuple[Cell, ...]]:
    rows = [
        _test("More often right later?", "Odds ratio of a right call, one standard deviation later", found.odds_ratio,
              cells.estimate, found.learning),
        _test("Faster later?", "Ratio of seconds, one standard deviation later", found.time_ratio, cells.estimate, found.time),
        _test("Second half better?", "Balanced accuracy, second less first half, percentage points", found.halves, cells.points),
    ]  # fmt: skip
    trend = found.trend
    if trend is not None and trend.p_value is not None:
        way = {1: "rising", -1: "falling"}.get(trend.direction, "level")
        shares = ", ".join(percent_text(s / n) for s, n in zip(trend.successes, trend.totals, strict=True) if n)
        rows.append((Cell("Trend over quarters?"), Cell("Share right in each quarter"), Cell(shares, note=way),
                     cells.p(trend.p_value), Cell(cells.method_title(trend.method), muted=True)))  # fmt: skip
    return [row for row in rows if row]


def _test(question: str, measure: str, found: Any, show: Any, model: Any = None) -> tuple[Cell, ...]:
    if found is None:
        reason = model.reason if model is not None else ""
        return (Cell(question), Cell(measure), Cell("not estimable", note=reason, muted=True), cells.p(None), Cell(""))
    title = cells.method_title(found.method)
    return (Cell(question), Cell(measure), show(found), cells.p(found.p_value), Cell(title, muted=True))
