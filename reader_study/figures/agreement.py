"""Forest plot of the coefficients of agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.figures.canvas import DASHES, INK, SOFT, SYNTHETIC, canvas, lines_of, whisker
from reader_study.figures.figure import Figure, line
from reader_study.results.coefficients import between, within

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _rows(results: Results) -> list[tuple[str, str, Any]]:
    analysis = results.analysis
    found = [("between", *one) for one in between(analysis.agreement)]
    found += [("within", *one) for one in within(analysis.repeats)]
    return [one for one in found if one[2].value is not None]


def _draw(results: Results) -> Any:
    rows = _rows(results)
    figure, axes = canvas(7.2, 1.1 + 0.25 * len(rows))
    axes.axvline(0, color=SOFT, linestyle=DASHES, linewidth=1)
    for place, (kind, _, found) in enumerate(rows):
        colour, marker = (INK, "o") if kind == "between" else (SYNTHETIC, "D")
        whisker(axes, len(rows) - 1 - place, found.value, found.interval, colour, marker)
    lines_of(axes, [name for _, name, _ in rows], 48)
    lowest = min(axes.get_xlim()[0], -0.1)
    axes.set_xlim(max(lowest, -1), 1.02)
    axes.set_xlabel("dots: between readers; diamonds: with themselves")
    return figure


def _alt(results: Results) -> str:
    parts = [f"{name} {found.value:.2f}" for _, name, found in _rows(results)]
    return "Coefficients of agreement with intervals. " + "; ".join(parts)


def _table(results: Results) -> list[list[Any]]:
    rows = [line(kind, name, found=found) for kind, name, found in _rows(results)]
    return [["agreement", "coefficient", "value", "low", "high"], *rows]


AGREEMENT = Figure("Agreement", _alt, _draw, _table, lambda results: bool(_rows(results)))
