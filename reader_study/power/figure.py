"""The drawing of power curves."""

from typing import Any

import numpy as np

from reader_study.analysis.power.curves import Curves
from reader_study.figures import INK, SOFT, canvas

STYLES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (1, 1)), (0, (9, 3)))


def draw(curves: Curves) -> Any:
    """One line a number of readers: shade and dashes both tell them apart; the target as a thin line across."""
    figure, axes = canvas(7.2, 4.2)
    axes.axhline(curves.target, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"{100 * curves.target:.0f} %",
        (1, curves.target),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=SOFT,
        fontsize=9,
    )
    for curve, shade, style in zip(curves.curves, _shades(len(curves.curves)), STYLES, strict=False):
        label = f"{curve.readers} readers"
        axes.plot(curve.cases, curve.power, color=shade, linewidth=2, linestyle=style, label=label)
        if curve.needed is not None and curve.needed <= curve.cases[-1]:
            axes.plot((curve.needed,), (curves.target,), marker="o", markersize=5, color=shade)
    axes.set(
        xlim=(0, curves.curves[0].cases[-1]), ylim=(0, 1.01), xlabel="cases that every reader reads", ylabel="power"
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.grid(axis="y", color="#e3e8eb", linewidth=0.8)
    axes.set_axisbelow(True)
    legend = figure.legend(loc="outside upper left", ncols=6, frameon=False, fontsize=9, handlelength=2.6)
    for text in legend.get_texts():
        text.set_color(INK)
    return figure


def _shades(count: int) -> list[str]:
    from matplotlib import colormaps, colors

    return [colors.to_hex(colormaps["Blues"](place)) for place in np.linspace(0.45, 1.0, count)]
