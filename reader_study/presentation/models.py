"""The mixed models with crossed readers and cases."""

from __future__ import annotations

from typing import Any

from accounts.numerals import number_text
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = ("Term", "Estimate", "Standard error", "p")


def models(document: Record) -> Section:
    """Fixed effects and spreads of every model, folded away beneath what they say together."""
    found, order = document.analysis.models, document.analysis.order
    fitted = [found.accuracy, found.detection, found.rating, found.realism, order.learning, order.time]
    tables = tuple(_table(model) for model in fitted if model is not None and model.terms)
    missing = tuple(
        f"{cells.first_upper(model.name)}: {model.reason}"
        for model in fitted
        if model is not None and not model.terms and model.reason
    )
    return Section("models", "Mixed models", (*_words(document), *missing), tables=tables)


def _words(document: Record) -> list[str]:
    found, level = document.analysis.models, 1 - document.analysis.settings.alpha
    words = [
        "Readers and cases enter as crossed random effects, so that reads of the same image or by the same reader are not "
        "taken for independent ones. Fixed effects are on the scale of the link."
    ]
    if found.d_prime is not None and found.d_prime.value is not None:
        sharpness = cells.in_words(cells.estimate(found.d_prime), level)
        slow = (
            cells.in_words(cells.estimate(found.criterion), level) if found.criterion is not None else "not estimable"
        )
        words.append(
            f"A typical reader on a typical case: d\N{PRIME} {sharpness}, criterion {slow}. Both are larger than from "
            "pooled counts, which mix easy and hard cases."
        )
    return words


def _table(model: Any) -> Table:
    spreads = "; ".join(
        f"{one.group} {one.effect} {number_text(one.standard_deviation, 2)}{' (at the boundary)' if one.at_boundary else ''}"
        for one in model.spreads
    )
    likelihood = "" if model.log_likelihood is None else f" Log-likelihood {number_text(model.log_likelihood, 2)}."
    warnings = f" {' '.join(model.warnings)}" if model.warnings else ""
    caption = (
        f"{cells.first_upper(model.name)}: {model.formula}. {cells.method_title(model.method)}, "
        f"{cells.plural(model.n, 'read')}. Standard deviations: {spreads}.{likelihood}{warnings}"
    )
    rows = tuple(_term(term) for term in (*model.terms, *model.cuts))
    return Table(caption, _HEADER, rows, (2, 3), folded=f"{cells.first_upper(model.name)}: {model.formula}")


def _term(term: Any) -> tuple[Cell, ...]:
    found = term.estimate
    return (
        Cell(term.name),
        cells.estimate(found, decimals=3),
        cells.number(found.standard_error, 3),
        cells.p(found.p_value),
    )
