"""What the page of a score card shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.numerals import number_text
from evaluation.figures import available
from evaluation.figures.drawing import Drawing
from evaluation.models import Score, ScoreCard
from evaluation.presentation import (
    AXES,
    Section,
    by_finding,
    by_subgroup,
    clear_gaps,
    finding_rows,
    kept_text,
    sections,
)
from evaluation.verdict import sentence, verdict
from evaluation.wall import DISTANCE, copies, wall_choices, wall_pictures

# Distances that are estimated without bias, and so can fall below 0.
UNBIASED = ("kernel_distance", "cmmd")
OVERVIEW, SUBGROUPS = "overview", "subgroups"
MOST_TABLE_ROWS = 60


@dataclass(frozen=True)
class Shown:
    """A figure of this card with its table; a long table is shown in part, the CSV file has all of it."""

    name: str
    drawing: Drawing
    rows: list[list[str]]
    cut: int


def card_context(card: ScoreCard, scores: Sequence[Score], wall: str = DISTANCE) -> dict[str, Any]:
    """The context of the page; ``wall``: the key of what the wall is ordered by."""
    shown = sections(scores)
    figures = _figures(scores, {section.axis for section in shown})
    statements = verdict(scores)
    choices = wall_choices(card, scores)
    chosen = wall if wall in {choice.key for choice in choices} else DISTANCE
    return {
        "card": card,
        "sentence": sentence(scores),
        "verdict": statements,
        "unmeasured": _unmeasured({statement.axis for statement in statements}),
        "sections": [(section, figures.get(section.axis, []), _several_spaces(section)) for section in shown],
        "overview": figures.get(OVERVIEW, []),
        "findings": finding_rows(scores),
        "by_finding": by_finding(scores),
        "subgroups": by_subgroup(scores),
        "gaps": clear_gaps(scores),
        "subgroup_figures": figures.get(SUBGROUPS, []),
        "methods": _methods(scores),
        "copies": copies(card, scores),
        "wall": wall_pictures(card, scores, chosen),
        "wall_choices": choices,
        "wall_chosen": next((choice for choice in choices if choice.key == chosen), None),
        "kept": kept_text(card, scores),
        "below_zero": any(s.metric in UNBIASED and s.value is not None and s.value < 0 for s in scores),
        "main_space": (card.provenance.get("extractor") or {}).get("weights", ""),
    }


def _figures(scores: Sequence[Score], axes: set[str]) -> dict[str, list[Shown]]:
    """The figures by where they stand: with their axis, or in the overview where that axis is not on the card."""
    places: dict[str, list[Shown]] = {}
    for name, drawing in available(scores).items():
        rows = drawing.rows(scores)
        place = drawing.axis if drawing.axis in axes or drawing.axis == SUBGROUPS else OVERVIEW
        cells = [[_text(cell) for cell in row] for row in rows[:MOST_TABLE_ROWS]]
        shown = Shown(name, drawing, cells, max(len(rows) - MOST_TABLE_ROWS, 0))
        places.setdefault(place, []).append(shown)
    return places


def _text(cell: Any) -> str:
    return number_text(cell) if isinstance(cell, (int, float)) else cell or ""


def _unmeasured(stated: set[str]) -> list[str]:
    return [title for axis, title in AXES.items() if axis not in stated]


def _several_spaces(section: Section) -> bool:
    return len({row.score.space for row in section.all_rows}) > 1


def _methods(scores: Sequence[Score]) -> list[tuple[str, str]]:
    """Metric and method, each pair once."""
    return list(dict.fromkeys((s.definition.title, s.method) for s in scores if s.method and not s.refused))
