"""Findings: seen, and seen rightly, in synthetic and in real images."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record

_RIGHT = (
    "Finding",
    "Right, real",
    "Right, synthetic",
    "Difference",
    "p, not worse",
    "p, Holm",
    "Not worse by the margin",
)
_SEEN = ("Finding", "Seen, real", "Seen, synthetic", "Difference", "p", "p, adjusted")


def findings(document: Record) -> Section | None:
    """None where no finding was asked."""
    found = document.analysis.findings
    if not found.findings:
        return None
    margin = f"{100 * found.margin:g} percentage points"
    right = Table(
        f"How often readers were right about a finding. Differences: synthetic less real images, in percentage points. "
        f"One-sided test that synthetic images are read less well by at most {margin}; Holm over the findings.",
        _RIGHT, tuple(_right(one) for one in found.findings), (4, 5),
    )  # fmt: skip
    seen = Table(
        "How often a finding was seen, whether it was there or not. Exploratory; p adjusted by Benjamini and Hochberg.",
        _SEEN, tuple(_seen(one) for one in found.findings), (4, 5),
    )  # fmt: skip
    shown = sum(bool(one.non_inferiority.shown) for one in found.findings)
    words = (
        f"Readers were asked whether {cells.plural(len(found.findings), 'finding')} {'is' if len(found.findings) == 1 else 'are'} "
        f"there. For {shown} of {len(found.findings)} it was shown that readers are right about synthetic images not less "
        f"often than about real ones by more than {margin}."
    )
    figures = ("findings",) if "findings" in document.figures else ()
    return Section("findings", "Findings", (words,), figures, (right, seen))


def _right(one: Any) -> tuple[Cell, ...]:
    test = one.non_inferiority
    return (
        Cell(one.name),
        cells.share(one.correct_real),
        cells.share(one.correct_synthetic),
        _difference(one.correct_difference, one.reason),
        cells.p(test.p_value),
        cells.p(test.p_adjusted),
        Cell("shown" if test.shown else "not shown", badge="ok" if test.shown else ""),
    )


def _seen(one: Any) -> tuple[Cell, ...]:
    difference = one.seen_difference
    return (
        Cell(one.name),
        cells.share(one.seen_real),
        cells.share(one.seen_synthetic),
        _difference(difference, one.reason),
        cells.p(difference.p_value if difference else None),
        cells.p(one.seen_p_adjusted),
    )


def _difference(found: Any, reason: str) -> Cell:
    return cells.points(found) if found is not None else Cell("not estimable", note=reason, muted=True)
