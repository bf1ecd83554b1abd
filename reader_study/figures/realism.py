"""Realism ratings by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.figures.canvas import INK, canvas, greys, lines_of
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _rated(results: Results) -> list[Any]:
    return [one for one in results.analysis.realism.sources if one.n and one.levels]


def _draw(results: Results) -> Any:
    sources = _rated(results)
    figure, axes = canvas(5.4, 1.5 + 0.5 * len(sources))
    shades = greys(len(sources[0].levels))
    for place, one in enumerate(reversed(sources)):
        left = 0.0
        for level, count, shade in zip(one.levels, one.counts, shades, strict=True):
            share = count / one.n
            label = f"{level:g}" if place == 0 else None
            axes.barh(place, share, left=left, color=shade, edgecolor="white", height=0.66, label=label)
            if share >= 0.06:
                dark = shade in shades[len(shades) // 2 :]
                axes.text(left + share / 2, place, f"{100 * share:.0f}", ha="center", va="center",
                          color="white" if dark else INK, fontsize=8)  # fmt: skip
            left += share
    lines_of(axes, [one.source for one in sources])
    axes.set(xlim=(0, 1), ylim=(-0.6, len(sources) - 0.4), xlabel="share of ratings (%)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    figure.legend(loc="outside upper center", ncols=min(len(shades), 10), frameon=False, title="realism, low to high",
                  handlelength=1, fontsize=9, title_fontsize=9)  # fmt: skip
    return figure


def _alt(results: Results) -> str:
    parts = [f"{one.source}: median {one.median:g} of {one.n}" for one in _rated(results)]
    return "Shares of realism ratings by source. " + "; ".join(parts)


def _table(results: Results) -> list[list[Any]]:
    rows = [
        [one.source, level, count]
        for one in results.analysis.realism.sources
        for level, count in zip(one.levels, one.counts, strict=True)
    ]
    return [["source", "level", "ratings"], *rows]


REALISM = Figure("Realism by source", _alt, _draw, _table, lambda results: bool(_rated(results)))
