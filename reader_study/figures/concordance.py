"""Forest plot of automatic scores beside what readers said of the synthetic images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.analysis.concordance.section import SYNTHETIC, Agreement
from reader_study.figures.canvas import DASHES, INK, SOFT, canvas, lines_of, whisker
from reader_study.figures.canvas import SYNTHETIC as ACCENT
from reader_study.figures.figure import Figure, line

if TYPE_CHECKING:
    from reader_study.results.analysed import Results

MOST = 15


def _rows(results: Results) -> list[Agreement]:
    """Of the synthetic images alone, the strongest first."""
    found = results.concordance
    kept = [row for row in found.rows if row.images == SYNTHETIC and row.rho.value is not None] if found else []
    return sorted(kept, key=lambda row: -abs(row.rho.value or 0.0))


def _draw(results: Results) -> Any:
    rows = _rows(results)[:MOST]
    figure, axes = canvas(7.2, 1.0 + 0.4 * len(rows))
    axes.axvline(0, color=SOFT, linestyle=DASHES, linewidth=1)
    for place, row in enumerate(rows):
        sure = row.p_adjusted is not None and row.p_adjusted < results.analysis.settings.alpha
        colour, marker = (ACCENT, "D") if sure else (INK, "o")
        whisker(axes, len(rows) - 1 - place, row.rho.value, row.rho.interval, colour, marker)
    lines_of(axes, [""] * len(rows))
    axes.set_yticks(range(len(rows)), [_name(row) for row in reversed(rows)], fontsize=8)
    axes.set(xlim=(-1.02, 1.02), xticks=(-1, -0.5, 0, 0.5, 1))
    axes.set_xlabel(f"rank correlation (diamonds: adjusted p < {results.analysis.settings.alpha:g})")
    return figure


def _name(row: Agreement, limit: int = 64) -> str:
    title = row.title if len(row.title) <= limit else f"{row.title[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
    return f"{title}\n{row.asked}"


def _alt(results: Results) -> str:
    rows = _rows(results)
    parts = [f"{row.title} beside {row.asked} {row.rho.value:.2f}" for row in rows[:5]]
    return (
        "Rank correlations of automatic scores with what readers said of the synthetic images, with intervals. "
        f"The strongest of {len(rows)}: {'; '.join(parts)}."
    )


def _table(results: Results) -> list[list[Any]]:
    """Every row, also those over all images."""
    found = results.concordance
    rows = [
        [
            *line(row.score, row.asked, row.images, found=row.rho),
            row.rho.p_value,
            row.p_adjusted,
            row.rho.n,
            row.rho.n_readers,
        ]
        for row in (found.rows if found else ())
    ]
    header = ["score", "asked", "images", "rho", "low", "high", "p", "p_adjusted", "n_images", "n_readers"]
    return [header, *rows]


CONCORDANCE = Figure("Automatic scores beside the readers", _alt, _draw, _table, lambda results: bool(_rows(results)))
