"""The drawings of a score card, as SVG. Each shows what a table beside it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from evaluation.models import Score
from evaluation.presentation import axis, finding_rows, overall_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SYNTHETIC, REAL, INK, LINE = "#c25400", "#0b5c86", "#14202a", "#dce3e7"


def draw(name: str, scores: Sequence[Score]) -> bytes:
    """The named figure (a key of FIGURES) as SVG; equal scores give equal bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": "negatoscope", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    with mpl.rc_context({**style, "text.color": INK, "axes.edgecolor": LINE, "xtick.color": INK, "ytick.color": INK}):
        figure = Figure(layout="constrained")
        FIGURES[name](figure, scores)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return out.getvalue().encode()


def draw_intervals(figure: Figure, scores: Sequence[Score]) -> None:
    """One strip a metric on its own axis: the synthetic set's interval above, the yardstick's below."""
    rows = [row for row in overall_rows(scores) if row.score.value is not None]
    figure.set_size_inches(7.6, 0.62 * max(len(rows), 1) + 0.4)
    if not rows:
        figure.text(0.5, 0.5, "No score has an interval.", ha="center")
        return
    for number, row in enumerate(rows):
        axes = figure.add_subplot(len(rows), 1, number + 1)
        _interval(axes, row.score.value, row.score.low, row.score.high, 0.7, SYNTHETIC, "o")
        if row.baseline:
            _interval(axes, row.baseline["value"], row.baseline["low"], row.baseline["high"], 0.3, REAL, "s")
        start, end = axis(row.score)
        axes.set(xlim=(start - 0.01 * (end - start), end), ylim=(0, 1), yticks=[])
        axes.set_ylabel(f"{row.score.title}  {row.arrow[0]}", rotation=0, ha="right", va="center")
        _plain(axes)
    _legend(figure)


def draw_findings(figure: Figure, scores: Sequence[Score]) -> None:
    """Two panels, AUROC and balanced accuracy: a line a finding, synthetic beside reference."""
    rows = [row for row in finding_rows(scores) if not row.refused]
    figure.set_size_inches(7.6, 0.42 * max(len(rows), 1) + 1.1)
    if not rows:
        figure.text(0.5, 0.5, "No finding has enough images.", ha="center")
        return
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, title in zip(panels, ("auroc", "balanced_accuracy"), ("AUROC", "Balanced accuracy"), strict=True):
        for number, row in enumerate(rows):
            score = row.scores[name]
            place = len(rows) - 1 - number
            _interval(axes, score.value, score.low, score.high, place + 0.15, SYNTHETIC, "o")
            if score.baseline:
                real = score.baseline
                _interval(axes, real["value"], real["low"], real["high"], place - 0.15, REAL, "s")
        axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        labels = [row.finding for row in reversed(rows)]
        axes.set(xlim=(0, 1.02), ylim=(-0.6, len(rows) - 0.4), title=title, yticks=range(len(rows)), yticklabels=labels)
        _plain(axes)
    _legend(figure)


def _interval(axes: Axes, value: Any, low: Any, high: Any, y: float, colour: str, marker: str) -> None:
    axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="round")
    axes.plot([value], [y], marker=marker, color=colour, markersize=5, markerfacecolor="white", markeredgewidth=1.6)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, markerfacecolor="white", linewidth=2.2, label=label)
        for colour, marker, label in ((SYNTHETIC, "o", "synthetic"), (REAL, "s", "real"))
    ]
    figure.legend(handles=marks, loc="outside upper right", ncols=2, frameon=False)


FIGURES: dict[str, Callable[[Figure, Sequence[Score]], None]] = {
    "intervals": draw_intervals,
    "findings": draw_findings,
}
