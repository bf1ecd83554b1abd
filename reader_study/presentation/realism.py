"""Realism ratings by source."""

from __future__ import annotations

from typing import Any

from reader_study.presentation import cells
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.results.record import Record


def realism(document: Record) -> Section | None:
    """None where realism was not asked."""
    found = document.analysis.realism
    if not found.sources:
        return None
    levels = found.sources[0].levels
    header = ("Source", *(f"{level:g}" for level in levels), "Ratings", "Median", "Mean")
    rows = tuple(_row(source) for source in found.sources)
    caption = "How often each level was given, first readings. The mean is a supplement: the scale is ordinal."
    table = Table(caption, header, rows, tuple(range(1, len(header))))
    figures = ("realism",) if "realism" in document.figures else ()
    return Section(
        "realism", "Realism", tuple(_words(document)), figures, (table, *_each(found)), beside=len(levels) <= 7
    )


def _row(source: Any) -> tuple[Cell, ...]:
    counts = (cells.number(count) for count in source.counts)
    return (
        Cell(source.source),
        *counts,
        cells.number(source.n),
        cells.number(source.median),
        cells.number(source.mean, 2),
    )


def _words(document: Record) -> list[str]:
    found, models = document.analysis.realism, document.analysis.models
    level = 1 - document.analysis.settings.alpha
    if found.superiority is None:
        words = [found.reason]
    else:
        chance = cells.in_words(cells.share(found.superiority), level)
        words = [
            f"Chance that a real image is rated more realistic than a synthetic one (ties count half): {chance}, "
            f"{cells.p_equals(found.superiority.p_value)}. At 50{cells.PERCENT} neither is."
        ]
    ratio = models.realism_odds_ratio
    if ratio is not None and ratio.value is not None:
        words.append(
            "Odds of a synthetic image being rated one level or more higher than a real one, by a cumulative link mixed "
            f"model with crossed readers and cases: odds ratio {cells.in_words(cells.estimate(ratio), level)}, "
            f"{cells.p_equals(ratio.p_value)}. Below 1 synthetic images look less real."
        )
    elif models.realism.reason:
        words.append(f"Cumulative link mixed model: {models.realism.reason}")
    return words


def _each(found: Any) -> tuple[Table, ...]:
    if not found.get("generators"):
        return ()
    rows = tuple(_generator(one) for one in found.generators)
    caption = (
        "Chance that a real image is rated more realistic than one of this generator; above one half, real ones are."
    )
    return (Table(caption, ("Generator", "Readers and cases random", "0 to 1", "p"), rows, (3,)),)


def _generator(one: Any) -> tuple[Cell, ...]:
    if one.test is None:
        return (Cell(one.source), Cell("not estimable", note=one.reason, muted=True), Cell(""), cells.p(None))
    return (Cell(one.source), cells.share(one.test), cells.bar(one.test, 0, 1, 0.5), cells.p(one.test.p_value))
