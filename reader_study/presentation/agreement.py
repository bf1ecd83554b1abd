"""Agreement between readers, and of readers with themselves."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.coefficients import between, within
from reader_study.results.record import Record

_HEADER = ("Coefficient", "Value", "\N{MINUS SIGN}1 to 1", "n", "Method")
_PAIRS = ("Readers", "Cases", "Same call", "Cohen kappa of calls", "Weighted kappa of ratings")
_SELVES = ("Reader", "Repeats", "Same call", "Kappa of calls", "Weighted kappa of ratings", "ICC of ratings")


def agreement(document: Record) -> Section:
    """Every coefficient with its interval, the pairs of readers, and the hidden repeats."""
    found, repeats = document.analysis.agreement, document.analysis.repeats
    level = f"{100 * (1 - document.analysis.settings.alpha):g}{cells.PERCENT}"
    tables = [
        Table(f"Between readers, first readings; {level} intervals over cases.", _HEADER, _rows(between(found)), (3,)),
        *_pairs(found.pairs),
    ]
    if repeats.n_pairs:
        tables += [
            Table(f"Readers with themselves, on {cells.plural(repeats.n_pairs, 'hidden repeat')}.", _HEADER,
                  _rows(within(repeats)), (3,)),
            Table("Each reader with herself, on the hidden repeats.", _SELVES,
                  tuple(_self(row) for row in document.analysis.readers), (1,), folded="Each reader with herself"),
        ]  # fmt: skip
    figures = ("agreement",) if "agreement" in document.figures else ()
    words = (found.explanation,) if repeats.n_pairs else (found.explanation, "There were no hidden repeats.")
    return Section("agreement", "Agreement", words, figures, tuple(tables))


def _rows(named: list[tuple[str, Any]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (Cell(name), cells.estimate(found), cells.bar(found, -1, 1, 0), cells.number(found.n),
         Cell(cells.method_title(found.method), muted=True))
        for name, found in named
    )  # fmt: skip


def _pairs(pairs: list[Any]) -> tuple[Table, ...]:
    if not pairs:
        return ()
    rows = tuple(
        (Cell(f"{one.first}, {one.second}"), cells.number(one.n),
         cells.number(None if one.percent_calls is None else 100 * one.percent_calls, 1, cells.PERCENT),
         cells.estimate(one.kappa_calls), cells.estimate(one.weighted_kappa_ratings))
        for one in pairs
    )  # fmt: skip
    caption = "Two readers over the cases that both read; weights of ratings are quadratic."
    return (Table(caption, _PAIRS, rows, (1, 2), folded=f"{cells.plural(len(pairs), 'pair')} of readers"),)


def _self(row: Any) -> tuple[Cell, ...]:
    own = row.repeats
    return (Cell(row.reader), cells.number(own.n_pairs), cells.share(own.same_call), cells.estimate(own.kappa_calls),
            cells.estimate(own.weighted_kappa_ratings), cells.estimate(own.icc_ratings))  # fmt: skip
