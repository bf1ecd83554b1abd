"""What all drawings share: the colours of static/css/tokens.css, and how a figure becomes a file.

matplotlib is imported inside the functions, so that a web process that draws nothing does not load it.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from jobs.plotting import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SYNTHETIC, REAL, INK, SOFT, LINE = "#c25400", "#0b5c86", "#14202a", "#52616d", "#dce3e7"
DASHED = (0, (3, 3))
WIDTH = 7.6  # inches
PIXELS_PER_INCH = 200


def render(paint: Callable[[Figure], None], file_format: str, *, outlined: bool = False) -> bytes:
    """What `paint` draws as "svg" or "png"; equal drawings give equal bytes. ``outlined``: letters as shapes, no font needed."""
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": "negatoscope", "svg.fonttype": "path" if outlined else "none", "font.size": 9}
    ink = {"text.color": INK, "axes.edgecolor": LINE, "xtick.color": INK, "ytick.color": INK, "axes.labelcolor": INK}
    with drawing({**style, **ink, "font.family": "sans-serif", "axes.titlesize": 9.5}):
        figure = Figure(layout="constrained")
        paint(figure)
        out = BytesIO()
        if file_format == "svg":
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
        else:
            figure.savefig(out, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None}, facecolor="white")
    return out.getvalue()


def draw_interval(axes: Axes, estimate: Any, y: float, colour: str, marker: str) -> None:
    """A line from low to high with the value on it; ``estimate``: a mapping or an object with value, low, high."""
    value, low, high = _three(estimate)
    if value is None:
        return
    if low is not None and high is not None:
        axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="round")
    axes.plot([value], [y], marker=marker, color=colour, markersize=5, markerfacecolor="white", markeredgewidth=1.6)


def _three(estimate: Any) -> tuple[float | None, float | None, float | None]:
    if isinstance(estimate, dict):
        return estimate.get("value"), estimate.get("low"), estimate.get("high")
    return estimate.value, estimate.low, estimate.high


def draw_pair(axes: Axes, score: Any, y: float, apart: float) -> None:
    """A score above, its yardstick below."""
    draw_interval(axes, score, y + apart, SYNTHETIC, "o")
    if score.baseline:
        draw_interval(axes, score.baseline, y - apart, REAL, "s")


def plain(axes: Axes, grid: Literal["x", "both"] = "x") -> None:
    """No frame but the bottom, a quiet grid behind."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    axes.grid(axis=grid, color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)


def legend(figure: Figure, real: str = "real") -> None:
    """Synthetic and real, above the drawing."""
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, markerfacecolor="white", linewidth=2.2, label=label)
        for colour, marker, label in ((SYNTHETIC, "o", "synthetic"), (REAL, "s", real))
    ]
    figure.legend(handles=marks, loc="outside upper right", ncols=2, frameon=False)


def panels(
    figure: Figure, count: int, *, columns: int, height: float, extra: float = 0.4, **options: Any
) -> list[Axes]:
    """A grid of `count` panels, `height` inches each; places left over stay empty."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure.set_size_inches(WIDTH if columns > 1 else 0.6 * WIDTH, rows * height + extra)
    grid = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for axes in grid[count:]:
        axes.set_visible(False)
    return list(grid[:count])
