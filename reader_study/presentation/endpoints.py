"""The endpoints over all readers, with the method chosen and why."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = (
    "Endpoint",
    "Readers and cases random",
    "0 to 1",
    "p, chance",
    "p, beyond the margin",
    "These readers",
    "Outcome",
)


def endpoints(document: Record) -> Section:
    """Balanced accuracy, AUC, sensitivity, specificity, accuracy of all reads."""
    analysis = document.analysis
    primary, plan = analysis.primary, analysis.settings
    judged = [primary] if primary.name == analysis.auc.name else [primary, analysis.auc]
    usual = primary.random.method if primary.random else ""
    rows = [_row(one, usual, first=one is judged[0]) for one in judged]
    rows += [_row(analysis.classes[name], usual) for name in ("sensitivity", "specificity", "accuracy")]
    if all(row[1].muted for row in rows):
        return Section("endpoints", "Endpoints", _why(primary))
    caption = (
        f"Each endpoint over all readers. 50{cells.PERCENT} or 0.5 is chance; the margin, set at the lock, reaches from "
        f"{plan.null - plan.margin:g} to {plan.null + plan.margin:g}. Readers and cases random: the interval is for other "
        "readers and other images. These readers: for other images only. The share of all reads that were right depends "
        "on how many images of each kind were shown."
    )
    if document.provenance.is_imported:
        caption = caption.replace("set at the lock", "chosen at the import")
    return Section("endpoints", "Endpoints", _why(primary), tables=(Table(caption, _HEADER, tuple(rows), (3, 4)),))


def _row(endpoint: Any, usual: str, *, first: bool = False) -> tuple[Cell, ...]:
    """usual: the method of the primary endpoint, which goes without saying."""
    title = Cell(cells.first_upper(endpoint.name), note="primary" if first else "")
    random, equivalence = endpoint.random, endpoint.get("equivalence")
    outcome = endpoint.verdict.outcome if endpoint.get("verdict") else ""
    if random is None:
        nothing = Cell("not estimable", note=endpoint.reason, muted=True)
        return (title, nothing, Cell(""), cells.p(None), cells.p(None), Cell(""), Cell(outcome))
    other = "" if random.method == usual else cells.method_title(random.method)
    note = ", ".join(filter(None, (other, f"df {random.df:.1f}" if random.df else "")))
    show = cells.estimate if endpoint.name == "AUC" else cells.share
    return (
        title,
        show(random, note=note),
        cells.bar(random, 0, 1, random.null),
        cells.p(random.p_value),
        cells.p(equivalence["p_value"] if equivalence else None),
        show(endpoint.fixed) if endpoint.fixed else Cell(""),
        Cell(outcome),
    )


def _why(primary: Any) -> tuple[str, ...]:
    design = primary.design
    if design is None or primary.random is None:
        return (primary.reason,) if primary.reason else ()
    return (
        f"Method: {cells.method_title(primary.random.method)}; {cells.method_title(primary.random.covariance)}. "
        f"{cells.plural(design.n_readers, 'reader')}, {design.n_real} real and {design.n_synthetic} synthetic images, "
        f"{cells.plural(design.n_reads, 'read')}. {design.reason}",
    )
