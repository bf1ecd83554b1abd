"""Intervals: of the whole set, of each finding, of each subgroup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluation.figures.canvas import DASHED, INK, WIDTH, draw_pair, legend, panels, plain
from evaluation.figures.drawing import Drawing, Row
from evaluation.models import Score
from evaluation.presentation import Fold, ScoreRow, axis, by_finding, by_subgroup, finding_rows, is_gap, sections

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PANELS = 6
HEADER = ("metric", "part", "value", "low", "high", "real_value", "real_low", "real_high", "n")


def _row(score: Score, part: str) -> Row:
    real = score.baseline or {}
    return (
        score.definition.title, part, score.value, score.low, score.high,
        real.get("value"), real.get("low"), real.get("high"), score.n,
    )  # fmt: skip


def _head_rows(scores: Sequence[Score]) -> list[ScoreRow]:
    return [row for section in sections(scores) for row in section.rows]


def _interval_rows(scores: Sequence[Score]) -> list[Row]:
    return [_row(row.score, row.score.space) for row in _head_rows(scores)]


def _paint_intervals(figure: Figure, scores: Sequence[Score]) -> None:
    """One strip a metric on its own axis."""
    rows = _head_rows(scores)
    figure.set_size_inches(WIDTH, 0.52 * len(rows) + 0.4)
    for number, row in enumerate(rows):
        axes = figure.add_subplot(len(rows), 1, number + 1)
        draw_pair(axes, row.score, 0.5, 0.2)
        start, end = axis(row.score)
        axes.set(xlim=(start - 0.01 * (end - start), end), ylim=(0, 1), yticks=[])
        label = "\n".join(part for part in (f"{row.score.definition.title}  {row.arrow[0]}", row.score.space) if part)
        axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
        plain(axes)
    legend(figure)


def _finding_rows(scores: Sequence[Score]) -> list[Row]:
    names = ("auroc", "balanced_accuracy")
    cells = [(row.finding, row.scores.get(name)) for row in finding_rows(scores) for name in names]
    return [_row(score, finding) for finding, score in cells if score and not score.refused]


def _paint_findings(figure: Figure, scores: Sequence[Score]) -> None:
    """Two panels, AUROC and balanced accuracy: a line a finding."""
    rows = [row for row in finding_rows(scores) if not row.refused]
    figure.set_size_inches(WIDTH, 0.42 * len(rows) + 1.1)
    grid = figure.subplots(1, 2, sharey=True)
    for axes, name, title in zip(grid, ("auroc", "balanced_accuracy"), ("AUROC", "Balanced accuracy"), strict=True):
        for number, row in enumerate(rows):
            if score := row.scores.get(name):
                draw_pair(axes, score, len(rows) - 1 - number, 0.15)
        axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=DASHED)
        labels = [row.finding for row in reversed(rows)]
        axes.set(xlim=(0, 1.02), ylim=(-0.6, len(rows) - 0.4), title=title, yticks=range(len(rows)), yticklabels=labels)
        plain(axes)
    legend(figure)


def _fold_rows(folds: Sequence[Fold]) -> list[Row]:
    return [_row(row.score, row.label) for fold in folds for row in fold.rows]


def _paint_folds(figure: Figure, folds: Sequence[Fold]) -> None:
    """One panel a metric, a line a part."""
    shown = folds[:MOST_PANELS]
    tallest = max(len(fold.rows) for fold in shown)
    for axes, fold in zip(panels(figure, len(shown), columns=2, height=0.3 * tallest + 0.7), shown, strict=True):
        for number, row in enumerate(reversed(fold.rows)):
            draw_pair(axes, row.score, number, 0.13)
        labels = [row.label for row in reversed(fold.rows)]
        axes.set(title=fold.title, yticks=range(len(labels)), yticklabels=labels, ylim=(-0.6, len(labels) - 0.4))
        plain(axes)
    legend(figure)


def _subgroup_folds(scores: Sequence[Score]) -> list[Fold]:
    """The values of every attribute; differences between them have an axis of their own in the table."""
    folds = [fold for found in by_subgroup(scores).values() for fold in found]
    parts = [Fold(fold.title, [row for row in fold.rows if not is_gap(row.score)]) for fold in folds]
    return [fold for fold in parts if fold.rows]


INTERVALS = Drawing(
    "Every headline score",
    "Each strip has its own axis. Above in orange the scored set, below in blue the same statistic on real images alone.",
    HEADER, _interval_rows, _paint_intervals,
)  # fmt: skip
FINDINGS = Drawing(
    "The classifier, finding by finding",
    "The dashed line is a guess. Where the blue mark is missing, the reference has too few images with that finding.",
    HEADER, _finding_rows, _paint_findings, axis="clinical",
)  # fmt: skip
BY_FINDING = Drawing(
    "Other scores, finding by finding",
    "Parts of one panel rest on equal numbers of images; the table has all panels.",
    HEADER, lambda scores: _fold_rows(by_finding(scores)),
    lambda figure, scores: _paint_folds(figure, by_finding(scores)), axis="clinical",
)  # fmt: skip
SUBGROUPS = Drawing(
    "Scores by subgroup",
    "Intervals hold for all subgroups of an attribute at once. The table has all panels.",
    HEADER, lambda scores: _fold_rows(_subgroup_folds(scores)),
    lambda figure, scores: _paint_folds(figure, _subgroup_folds(scores)), axis="subgroups",
)  # fmt: skip
