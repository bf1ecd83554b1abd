"""Forest plot of the readers with chance and the margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.analysis.mrmc.verdict import percent
from reader_study.analysis.readers import ReaderRow
from reader_study.figures.canvas import INK, SYNTHETIC, canvas, lines_of, margins, whisker
from reader_study.figures.figure import Figure, line, value_of

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    analysis, plan = results.analysis, results.analysis.settings
    rows = list(analysis.readers)
    figure, axes = canvas(5.4, max(3.6, 1.5 + 0.32 * (len(rows) + 1)))
    margins(axes, plan.null, plan.margin)
    names = [_name(row, results) for row in rows]
    everyone = analysis.primary.random
    if everyone is not None:
        names.append("all readers")
        whisker(axes, 0, everyone.estimate, everyone.interval, SYNTHETIC, "D")
    for place, row in enumerate(rows, start=1):
        own = _own(row, results)
        whisker(axes, len(names) - place, value_of(own), own.interval, INK)
    lines_of(axes, names)
    axes.set_xlim(0, 1)
    axes.set_xlabel(analysis.primary.name)
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _own(row: ReaderRow, results: Results) -> Any:
    return row.auc if results.analysis.primary.name == "AUC" else row.balanced_accuracy


def _name(row: ReaderRow, results: Results) -> str:
    return f"{row.reader} (simulated)" if row.reader in results.simulated else row.reader


def _alt(results: Results) -> str:
    primary = results.analysis.primary
    values = [_own(row, results).value for row in results.analysis.readers]
    known = [value for value in values if value is not None]
    span = f" Readers lie between {percent(min(known))} and {percent(max(known))}." if known else ""
    name = f"{primary.name[0].upper()}{primary.name[1:]}"
    return f"{name} of each reader and of all, with intervals. {primary.verdict.sentence}{span}"


def _table(results: Results) -> list[list[Any]]:
    primary = results.analysis.primary
    rows = [line(row.reader, found=_own(row, results)) for row in results.analysis.readers]
    return [["reader", primary.name.replace(" ", "_"), "low", "high"], *rows, line("all", found=primary.random)]


READERS = Figure("Each reader, with chance and the margin", _alt, _draw, _table)
