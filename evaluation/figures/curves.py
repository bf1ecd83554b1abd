"""The classifier's curves: ROC, reliability, and what was asked against what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.figures.canvas import DASHED, INK, REAL, SOFT, SYNTHETIC, WIDTH, legend, panels, plain
from evaluation.figures.drawing import Drawing, Row
from evaluation.models import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
LABELLED = 0.1  # cells with a smaller share stay without their number


def _with(scores: Sequence[Score], key: str) -> list[Score]:
    """Scores per finding that carry this curve; that of the whole set where no finding has one."""
    found = [s for s in scores if s.extra.get(key) and not s.subgroup and not s.space]
    return [s for s in found if s.finding] or found


def _real(score: Score, key: str) -> dict[str, Any]:
    """The same curve on real images, or nothing."""
    return ((score.baseline or {}).get("extra") or {}).get(key) or {}


def _curve_rows(scores: Sequence[Score], key: str, columns: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for score in _with(scores, key):
        for images, curve in (("synthetic", score.extra[key]), ("real", _real(score, key))):
            rows += [(score.finding, images, *point) for point in _points(curve, columns)]
    return rows


def _points(curve: dict[str, Any], columns: Sequence[str]) -> list[Row]:
    if not curve:
        return []
    lists = [curve.get(name) or [None] * len(curve[columns[0]]) for name in columns]
    return list(zip(*lists, strict=False))


def _paint_roc(figure: Figure, scores: Sequence[Score]) -> None:
    shown = _with(scores, "roc")[:MOST_PANELS]
    for axes, score in zip(panels(figure, len(shown), columns=4, height=1.95), shown, strict=True):
        _square(axes, score.finding)
        for curve, colour in ((_real(score, "roc"), REAL), (score.extra["roc"], SYNTHETIC)):
            if curve:
                axes.plot(curve["fpr"], curve["tpr"], color=colour, linewidth=1.8)
        axes.text(0.97, 0.05, f"{score.value:.2f}", ha="right", color=SYNTHETIC, fontsize=8)
    figure.supxlabel("1 - specificity", fontsize=8, color=SOFT)
    figure.supylabel("sensitivity", fontsize=8, color=SOFT)
    legend(figure)


def _paint_reliability(figure: Figure, scores: Sequence[Score]) -> None:
    shown = _with(scores, "reliability")[:MOST_PANELS]
    for axes, score in zip(panels(figure, len(shown), columns=4, height=1.95), shown, strict=True):
        _square(axes, score.finding)
        for curve, colour, marker in (
            (_real(score, "reliability"), REAL, "s"),
            (score.extra["reliability"], SYNTHETIC, "o"),
        ):
            _reliability(axes, curve, colour, marker)
    figure.supxlabel("mean score of the bin", fontsize=8, color=SOFT)
    figure.supylabel("share with the finding", fontsize=8, color=SOFT)
    legend(figure)


def _reliability(axes: Axes, curve: dict[str, Any], colour: str, marker: str) -> None:
    points = [p for p in _points(curve, ("mean_score", "share", "low", "high")) if None not in p[:2]]
    for x, _, low, high in points:
        if low is not None and high is not None:
            axes.plot([x, x], [low, high], color=colour, linewidth=1)
    axes.plot(
        [p[0] for p in points], [p[1] for p in points], color=colour, marker=marker, markersize=3.5, linewidth=1.2
    )


def _square(axes: Axes, title: str) -> None:
    axes.plot((0, 1), (0, 1), color=INK, linewidth=0.8, linestyle=DASHED)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), title=title or "all findings", aspect="equal")
    axes.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    plain(axes, "both")


def _confusion(scores: Sequence[Score]) -> dict[str, Any]:
    found = [s.extra["confusion"] for s in scores if s.extra.get("confusion") and not s.subgroup]
    return found[0] if found else {}


def _confusion_rows(scores: Sequence[Score]) -> list[Row]:
    table = _confusion(scores)
    return [
        (asked, seen, share)
        for asked, line in zip(table.get("asked", ()), table.get("share", ()), strict=False)
        for seen, share in zip(table["seen"], line, strict=False)
    ]


def _paint_confusion(figure: Figure, scores: Sequence[Score]) -> None:
    table = _confusion(scores)
    shares = np.array([[np.nan if cell is None else cell for cell in line] for line in table["share"]], dtype=float)
    rows, columns = shares.shape
    figure.set_size_inches(min(WIDTH, 2.2 + 0.45 * columns), 1.4 + 0.32 * rows)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if share >= LABELLED:
            colour = "white" if share > 0.6 else INK
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(columns), table["seen"], rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(rows), table["asked"])
    axes.set(xlabel="seen by the classifier", ylabel="asked for")
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)


ROC = Drawing(
    "ROC curves",
    "The number is the area on the scored set. Where a panel has no blue line, the reference has too few such images.",
    ("finding", "images", "false_positive_rate", "true_positive_rate"),
    lambda scores: _curve_rows(scores, "roc", ("fpr", "tpr")), _paint_roc, axis="clinical",
)  # fmt: skip
RELIABILITY = Drawing(
    "Reliability",
    "On the dashed line a score means what it says: of images scored 0.7, seven in ten were asked to show the finding.",
    ("finding", "images", "mean_score", "share", "low", "high", "n"),
    lambda scores: _curve_rows(scores, "reliability", ("mean_score", "share", "low", "high", "n")), _paint_reliability,
    axis="clinical",
)  # fmt: skip
CONFUSION = Drawing(
    "Asked for against seen",
    "Of the images that were asked for the finding on the left, the per cent in which the classifier sees the one below. "
    "A row need not add to 100: several findings may be seen at once.",
    ("asked", "seen", "share"), _confusion_rows, _paint_confusion, axis="clinical",
)  # fmt: skip
