"""Which automatic score of single images says what readers said."""

from __future__ import annotations

from typing import Any

from reader_study.analysis.concordance.section import SYNTHETIC
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = ("Score", "Beside", "Rank correlation", "\N{MINUS SIGN}1 to 1", "p, adjusted", "AUC", "Images", "Readers")
_NUMERIC = (4, 6, 7)
_KNOWS = (
    "Over all images a score may do well only because it knows real from synthetic. The synthetic images alone say whether "
    "it knows a good picture from a bad one."
)


def concordance(document: Record) -> Section | None:
    """None for imported readings, which have no pictures, and in results that were stored before there was this part."""
    found = Record(document).get("concordance")
    if not found or document.provenance.is_imported:
        return None
    rows = document.concordance.rows
    if not rows:
        return Section("concordance", "Which score predicts the readers", (found["reason"],))
    alone = [row for row in rows if row.images == SYNTHETIC]
    together = [row for row in rows if row.images != SYNTHETIC]
    return Section(
        "concordance",
        "Which score predicts the readers",
        (_strongest(alone, document.analysis.settings.alpha),),
        ("concordance",) if "concordance" in document.figures else (),
        tuple(_tables(alone, together, 1 - document.analysis.settings.alpha)),
        (_KNOWS,) if together else (),
    )


def _strongest(rows: list[Any], alpha: float) -> str:
    """One sentence on the synthetic images: the score that goes best with the readers, or that none is known to."""
    known = [row for row in rows if row.rho.value is not None]
    if not known:
        return "On the synthetic images alone no rank correlation with the readers can be estimated."
    best = max(known, key=lambda row: abs(row.rho.value))
    size = f"rank correlation with \N{LEFT DOUBLE QUOTATION MARK}{best.asked}\N{RIGHT DOUBLE QUOTATION MARK} "
    size += cells.in_words(cells.estimate(best.rho), 1 - alpha)
    if best.p_adjusted is not None and best.p_adjusted < alpha:
        return (
            f"On the synthetic images, {best.title} goes best with what readers said: {size}, "
            f"adjusted {cells.p_equals(best.p_adjusted)}."
        )
    judged = f", adjusted {cells.p_equals(best.p_adjusted)}" if best.p_adjusted is not None else ""
    return (
        "On the synthetic images no automatic score is shown to go with what readers said. "
        f"The strongest is {best.title}: {size}{judged}."
    )


def _tables(alone: list[Any], together: list[Any], level: float) -> list[Table]:
    what = (
        "Spearman's rank correlation over images of an automatic score and the mean answer of the readers, and the chance "
        "that a read that said yes is of an image with the higher score (AUC), with "
        f"{100 * level:g}{cells.PERCENT} intervals over patients or prompts. Above 0: the higher the score, the more readers "
        "said so. p is adjusted over all of it by Benjamini and Hochberg."
    )
    found = (
        [Table(f"Synthetic images alone. {what}", _HEADER, tuple(_row(row) for row in alone), _NUMERIC)]
        if alone
        else []
    )
    if together:
        caption = "Real and synthetic images together; the same numbers."
        rows = tuple(_row(row) for row in together)
        found.append(
            Table(caption, _HEADER, rows, _NUMERIC, folded=f"Over all images: {cells.plural(len(rows), 'row')}")
        )
    return found


def _row(row: Any) -> tuple[Cell, ...]:
    return (
        Cell(cells.first_upper(row.title)),
        Cell(row.asked),
        cells.estimate(row.rho),
        cells.bar(row.rho, -1, 1, 0),
        cells.p(row.p_adjusted),
        cells.estimate(row.auc) if row.auc is not None else cells.number(None),
        cells.number(row.rho.n),
        cells.number(row.rho.n_readers),
    )
