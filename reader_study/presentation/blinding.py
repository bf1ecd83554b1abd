"""The blinding check of the lock, beside what readers could tell."""

from __future__ import annotations

from accounts.numerals import number_text
from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_HEADER = ("Property", "AUC", "p, corrected", "")


def blinding(document: Record) -> Section | None:
    """None where there were no pictures here, or no report."""
    report = Record(document).get("blinding")
    if not report or not report["rows"]:
        return None
    rows = tuple(_row(row, report["band"]) for row in report["rows"])
    beyond = sum(abs(row["auc"] - 0.5) > report["band"] for row in report["rows"])
    found = (
        f"{beyond} of {len(rows)} properties of the frames tell real from synthetic better than chance explains."
        if beyond
        else f"None of {len(rows)} properties of the frames tells real from synthetic better than chance explains."
    )
    said = (f"Said at the lock: {report['acknowledgement']}",) if report["acknowledgement"] else ()
    caption = (
        "AUC of each property alone; 0.5 tells nothing. By chance, 95 of 100 studies stay within "
        f"{number_text(report['band'], 3)} of it in all properties ({report['permutations']} shuffles of the labels). "
        f"p is corrected for the number of properties. Rendition {report['rendition']}."
    )
    words = (
        "Before the lock a program measured what, apart from the content of the pictures, would tell real from synthetic "
        f"frames. {found}"
    )
    figures = ("blinding",) if "blinding" in document.figures else ()
    return Section(
        "blinding", "Blinding check", (words, *said), figures, (Table(caption, _HEADER, rows, (1, 2)),), beside=True
    )


def _row(row: Record, band: float) -> tuple[Cell, ...]:
    tells = abs(row["auc"] - 0.5) > band
    judged = Cell("tells them apart", badge="warn") if tells else Cell("within chance", badge="ok")
    return (Cell(row["title"]), cells.number(row["auc"], 3), cells.p(row["p"]), judged)
