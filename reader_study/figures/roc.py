"""ROC curves of the readers and their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reader_study.figures.canvas import DASHES, LINE, SOFT, SYNTHETIC, canvas
from reader_study.figures.figure import Figure

if TYPE_CHECKING:
    from reader_study.results.analysed import Results


def _draw(results: Results) -> Any:
    figure, axes = canvas(4.6, 4.2)
    axes.plot((0, 1), (0, 1), color=LINE, linestyle=DASHES, linewidth=1, label="chance")
    *curves, mean = results.analysis.plots.roc or (None,)
    for index, curve in enumerate(curves):
        label = "each reader" if index == 0 else None
        axes.plot(curve.false_positive, curve.true_positive, color=SOFT, linewidth=0.9, alpha=0.7, label=label)
    if mean is not None:
        axes.plot(mean.false_positive, mean.true_positive, color=SYNTHETIC, linewidth=2.2, label="mean of readers")
        axes.legend(loc="lower right", frameon=False, fontsize=9)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="real images rated as synthetic", ylabel="synthetic images so rated")
    axes.set_aspect("equal")
    return figure


def _alt(results: Results) -> str:
    random = results.analysis.auc.random
    mean = f" Their mean has an area of {random.estimate:.3f}." if random else ""
    return f"ROC curves of {max(len(results.analysis.plots.roc) - 1, 0)} readers.{mean}"


def _table(results: Results) -> list[list[Any]]:
    rows = [
        [curve.reader, x, y]
        for curve in results.analysis.plots.roc
        for x, y in zip(curve.false_positive, curve.true_positive, strict=True)
    ]
    return [["reader", "false_positive", "true_positive"], *rows]


ROC = Figure("ROC curves", _alt, _draw, _table, lambda results: len(results.analysis.plots.roc) > 1)
