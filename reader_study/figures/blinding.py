"""What a program could tell from the frames' properties, beside what readers could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.figures.canvas import BAND, DASHES, INK, REAL, SOFT, SYNTHETIC, canvas, lines_of
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _rows(results: Results) -> list[tuple[str, float]]:
    """Names with the AUC in the direction in which the property tells more."""
    report = results.blinding or {}
    return [(str(row["title"]), max(row["auc"], 1 - row["auc"])) for row in report.get("rows", ())]


def _draw(results: Results) -> Any:
    rows, band = _rows(results), (results.blinding or {})["band"]
    figure, axes = canvas(5.4, 1.5 + 0.24 * len(rows))
    axes.axvspan(0.5, 0.5 + band, color=BAND, zorder=0, label="by chance, 95 of 100 studies")
    for place, (_, area) in enumerate(rows):
        colour, marker = (SYNTHETIC, "D") if area > 0.5 + band else (INK, "o")
        axes.plot((area,), (len(rows) - 1 - place,), marker=marker, color=colour, markersize=5, linestyle="none")
    random = results.analysis.auc.random
    if random is not None:
        axes.axvline(random.estimate, color=REAL, linestyle=DASHES, linewidth=1.2, label="readers")
    axes.axvline(0.5, color=SOFT, linewidth=0.8)
    lines_of(axes, [name for name, _ in rows])
    areas = [area for _, area in rows] + ([random.estimate] if random else [])
    axes.set_xlim(min(0.48, *areas) - 0.01, max(0.75, *areas) + 0.02)
    axes.set_xlabel("AUC of the property alone, in the direction that tells more")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _alt(results: Results) -> str:
    band = (results.blinding or {})["band"]
    beyond = [name for name, area in _rows(results) if area > 0.5 + band]
    return f"AUC of {len(_rows(results))} properties of the frames. Beyond the band of chance: {', '.join(beyond) or 'none'}."


def _table(results: Results) -> list[list[Any]]:
    report = results.blinding or {}
    rows = [[row["feature"], row["auc"], row["p"], report["band"]] for row in report["rows"]]
    return [["property", "auc", "p_corrected", "band"], *rows]


BLINDING = Figure("Properties of the frames", _alt, _draw, _table, lambda results: bool(_rows(results)))
