"""The look that all figures share, and a figure as bytes.

matplotlib is imported inside the functions, so that a web process that draws nothing does not load it. Colours are those
of static/css/tokens.css; real and synthetic differ in shade and pattern too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jobs.plotting import drawing

INK, SOFT, LINE, BAND = "#14202a", "#52616d", "#b9c5cc", "#e4f0f6"
REAL, SYNTHETIC = "#0b5c86", "#c25400"
DASHES = (0, (4, 3))


def canvas(width: float, height: float) -> tuple[Any, Any]:
    """An empty figure of so many inches, in the look of all of them, and its axes."""
    figure, axes = canvases(width, height, 1, 1)
    return figure, axes[0]


def canvases(width: float, height: float, rows: int, columns: int, **sharing: Any) -> tuple[Any, list[Any]]:
    """The same with a grid of axes, row by row; sharing: sharex, sharey."""
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **sharing)
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(LINE)
        axes.tick_params(colors=SOFT, labelsize=9)
        axes.xaxis.label.set(color=SOFT, fontsize=9)
        axes.yaxis.label.set(color=SOFT, fontsize=9)
    return figure, list(grid.flat)


def saved(figure: Any, kind: str) -> bytes:
    """The figure as "svg" or "png" (200 dpi); the same bytes for the same figure: no date, names from a fixed salt."""
    out = io.BytesIO()
    metadata = {"Date": None, "Creator": "Negatoscope"} if kind == "svg" else {"Software": "Negatoscope"}
    with drawing({"svg.hashsalt": "negatoscope", "svg.fonttype": "path"}):
        _lay_out(figure)
        figure.savefig(out, format=kind, metadata=metadata, dpi=200)
    return out.getvalue()


def drawn(draw: Callable[[], Any], kind: str) -> bytes:
    """What `draw` makes, as bytes. For pages: other threads of theirs may be drawing, too."""
    with drawing({}):
        return saved(draw(), kind)


def _lay_out(figure: Any) -> None:
    """Find the room for labels once, not again for every format."""
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def whisker(axes: Any, place: float, value: float | None, interval: Any, colour: str, marker: str = "o") -> None:
    """An estimate and its interval on a line of a forest plot; words where there is none."""
    if value is None:
        axes.text(0.5, place, "not estimable", transform=axes.get_yaxis_transform(), ha="center", va="center",
                  color=SOFT, fontsize=8)  # fmt: skip
        return
    if interval is not None:
        axes.plot((interval.low, interval.high), (place, place), color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot((value,), (place,), marker=marker, color=colour, markersize=6, linestyle="none")


def margins(
    axes: Any, centre: float, margin: float, *, words: str = "within the margin", label: str = "chance"
) -> None:
    """The band of the margin about `centre`, and a dashed line there."""
    low, high = centre - margin, centre + margin
    axes.axvspan(low, high, color=BAND, zorder=0, label=f"{words}, {low:g} to {high:g}")
    axes.axvline(centre, color=SOFT, linestyle=DASHES, linewidth=1, zorder=1, label=label)


def lines_of(axes: Any, names: Sequence[str], limit: int = 30) -> None:
    """Names of the lines of a forest plot, from the top down; line i lies at height len(names) - 1 - i."""
    axes.set_yticks(range(len(names)), [short(name, limit) for name in reversed(names)])
    axes.set_ylim(-0.7, max(len(names), 1) - 0.3)
    axes.tick_params(axis="y", length=0)


def greys(levels: int) -> list[str]:
    """Shades of one hue, from light to dark: the order survives printing and colour blindness."""
    from matplotlib import colormaps, colors

    return [colors.to_hex(colormaps["Blues"](place)) for place in np.linspace(0.18, 0.95, levels)] if levels else []


def short(label: str, limit: int = 30) -> str:
    """The label, cut where it would take the room of the drawing."""
    return label if len(label) <= limit else f"{label[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
