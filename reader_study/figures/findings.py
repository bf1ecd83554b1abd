"""Forest plot of the findings: right on synthetic less right on real images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.figures.canvas import DASHES, INK, SOFT, SYNTHETIC, canvas, lines_of, whisker
from reader_study.figures.figure import Figure, line, value_of

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    found = results.analysis.findings
    rows = found.findings
    figure, axes = canvas(5.4, 1.7 + 0.36 * len(rows))
    axes.axvline(0, color=SOFT, linewidth=1, label="no difference")
    axes.axvline(-found.margin, color=SYNTHETIC, linestyle=DASHES, linewidth=1.2, label="margin")
    for place, row in enumerate(rows):
        difference = row.correct_difference
        whisker(axes, len(rows) - 1 - place, value_of(difference), difference.interval if difference else None, INK)
    lines_of(axes, [row.name for row in rows])
    reach = max(abs(end) for end in axes.get_xlim())
    axes.set_xlim(-max(reach, 1.5 * found.margin), max(reach, 1.5 * found.margin))
    axes.set_xlabel("share right: synthetic less real images")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _alt(results: Results) -> str:
    found = results.analysis.findings
    shown = [row.name for row in found.findings if row.non_inferiority.shown]
    words = ", ".join(shown) if shown else "none"
    return f"Difference of right answers for {len(found.findings)} findings. Not worse by the margin of {found.margin:g}: {words}."


def _table(results: Results) -> list[list[Any]]:
    rows = [line(row.name, found=row.correct_difference) for row in results.analysis.findings.findings]
    return [["finding", "difference", "low", "high"], *rows]


FINDINGS = Figure("Findings", _alt, _draw, _table, lambda results: bool(results.analysis.findings.findings))
