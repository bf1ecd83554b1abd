"""The figures of a results page, drawn once: the same in the page, in the report and in the bundle, each with its table.

matplotlib is imported inside the functions, so that a web process that draws nothing does not load it. Colours are those
of static/css/tokens.css; real and synthetic differ in shade and pattern too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.mrmc.verdict import percent
from reader_study.analysis.plots import PERCENTILES
from reader_study.analysis.readers import ReaderRow

if TYPE_CHECKING:
    from reader_study.results import Results

INK, SOFT, LINE, BAND = "#14202a", "#52616d", "#b9c5cc", "#e4f0f6"
REAL, SYNTHETIC = "#0b5c86", "#c25400"


@dataclass(frozen=True)
class Figure:
    """title: as a heading; alt: what it shows, in words; draw: the figure; table: its numbers, the header first."""

    title: str
    alt: Callable[[Results], str]
    draw: Callable[[Results], Any]
    table: Callable[[Results], list[list[Any]]]


def _forest(results: Results) -> Any:
    analysis, plan = results.analysis, results.analysis.settings
    rows = list(analysis.readers)
    figure, axes = canvas(5.4, 1.5 + 0.32 * (len(rows) + 1))
    low, high = plan.null - plan.margin, plan.null + plan.margin
    axes.axvspan(low, high, color=BAND, zorder=0, label=f"within the margin, {low:g} to {high:g}")
    axes.axvline(plan.null, color=SOFT, linestyle=(0, (4, 3)), linewidth=1, zorder=1, label="chance")
    for place, row in enumerate(rows):
        _whisker(axes, len(rows) - place, row.balanced_accuracy.value, row.balanced_accuracy.interval, INK, "o")
    _whisker(axes, 0, *_ends(analysis.primary.random), SYNTHETIC, "D")
    axes.set_yticks(range(len(rows) + 1), ["all readers", *(_name(row, results) for row in reversed(rows))])
    axes.set_ylim(-0.7, len(rows) + 0.7)
    axes.set_xlim(0, 1)
    axes.set_xlabel("balanced accuracy")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _roc(results: Results) -> Any:
    figure, axes = canvas(4.6, 4.6)
    axes.plot((0, 1), (0, 1), color=LINE, linestyle=(0, (4, 3)), linewidth=1, label="chance")
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


def _confusion(results: Results) -> Any:
    counts = results.analysis.counts
    cells = np.array(
        [
            [counts.real_called_real, counts.real_called_synthetic],
            [counts.synthetic_called_real, counts.synthetic_called_synthetic],
        ]
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    figure, axes = canvas(4.4, 3.2)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for (row, column), count in np.ndenumerate(cells):
        axes.text(column, row, f"{count}\n{percent(shares[row, column])}", ha="center", va="center", color=INK)
    axes.set_xticks((0, 1), ("called real", "called synthetic"))
    axes.set_yticks((0, 1), ("real", "synthetic"))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _realism(results: Results) -> Any:
    sources = [one for one in results.analysis.realism.sources if one.n]
    figure, axes = canvas(5.4, 1.5 + 0.5 * max(len(sources), 1))
    shades = _greys(len(sources[0].levels) if sources else 0)
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
    axes.set_yticks(range(len(sources)), [_short(one.source) for one in reversed(sources)])
    axes.set(xlim=(0, 1), ylim=(-0.6, max(len(sources), 1) - 0.4), xlabel="share of ratings (%)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
    if sources:
        figure.legend(loc="outside upper center", ncols=len(shades), frameon=False, title="realism, low to high",
                      handlelength=1, fontsize=9, title_fontsize=9)  # fmt: skip
    return figure


def _times(results: Results) -> Any:
    boxes = results.analysis.plots.times
    figure, axes = canvas(5.4, 1.3 + 0.55 * max(len(boxes), 1))
    for place, box in enumerate(reversed(boxes), start=1):
        low, lower, median, upper, high = box.seconds
        colour = "#dbe9f1" if box.source == "real" else "#f6e0cf"
        axes.plot((low, high), (place, place), color=SOFT, linewidth=1)
        axes.barh(place, upper - lower, left=lower, height=0.5, color=colour, edgecolor=SOFT)
        axes.plot((median, median), (place - 0.25, place + 0.25), color=INK, linewidth=1.6)
    axes.set_yticks(range(1, len(boxes) + 1), [_short(box.source) for box in reversed(boxes)])
    axes.set_ylim(0.4, max(len(boxes), 1) + 0.6)
    axes.set_xlabel("active seconds a case (box: quartiles; whiskers: 5th to 95th percentile)")
    axes.set_xlim(left=0)
    return figure


def _name(row: ReaderRow, results: Results) -> str:
    return f"{row.reader} (simulated)" if row.reader in results.simulated else row.reader


def _short(label: str, limit: int = 26) -> str:
    return label if len(label) <= limit else f"{label[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"


def _ends(result: SingleArm | None) -> tuple[float | None, Any]:
    return (result.estimate, result.interval) if result else (None, None)


def _whisker(axes: Any, place: float, value: float | None, interval: Any, colour: str, marker: str) -> None:
    if value is None:
        axes.text(0.5, place, "not estimable", ha="center", va="center", color=SOFT, fontsize=8)
        return
    if interval is not None:
        axes.plot((interval.low, interval.high), (place, place), color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot((value,), (place,), marker=marker, color=colour, markersize=6, linestyle="none")


def _greys(levels: int) -> list[str]:
    """Shades of one hue, from light to dark: the order survives printing and colour blindness."""
    from matplotlib import colormaps, colors

    return [colors.to_hex(colormaps["Blues"](place)) for place in np.linspace(0.18, 0.95, levels)] if levels else []


def canvas(width: float, height: float) -> tuple[Any, Any]:
    """An empty figure of so many inches, in the look of all of them, and its axes."""
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)
    axes.tick_params(colors=SOFT, labelsize=9)
    axes.xaxis.label.set(color=SOFT, fontsize=9)
    axes.yaxis.label.set(color=SOFT, fontsize=9)
    return figure, axes


def saved(figure: Any, kind: str) -> bytes:
    """The figure as "svg" or "png" (200 dpi); the same bytes for the same figure: no date, names from a fixed salt."""
    from matplotlib import rc_context

    out = io.BytesIO()
    metadata = {"Date": None, "Creator": "Negatoscope"} if kind == "svg" else {"Software": "Negatoscope"}
    with rc_context({"svg.hashsalt": "negatoscope", "svg.fonttype": "path"}):
        figure.savefig(out, format=kind, metadata=metadata, dpi=200)
    return out.getvalue()


def _forest_alt(results: Results) -> str:
    values = [row.balanced_accuracy.value for row in results.analysis.readers]
    known = [value for value in values if value is not None]
    span = f" Readers lie between {percent(min(known))} and {percent(max(known))}." if known else ""
    return f"Balanced accuracy of each reader and of all, with intervals. {results.analysis.primary.verdict.sentence}{span}"


def _roc_alt(results: Results) -> str:
    random = results.analysis.auc.random
    mean = f" Their mean has an area of {random.estimate:.3f}." if random else ""
    return f"ROC curves of {max(len(results.analysis.plots.roc) - 1, 0)} readers.{mean}"


def _confusion_alt(results: Results) -> str:
    counts = results.analysis.counts
    return (
        f"Of {counts.n_real} reads of real images {counts.real_called_real} were called real; of {counts.n_synthetic} "
        f"reads of synthetic images {counts.synthetic_called_synthetic} were called synthetic."
    )


def _realism_alt(results: Results) -> str:
    parts = [
        f"{one.source}: median {one.median:g} of {one.n}" for one in results.analysis.realism.sources if one.median
    ]
    return "Shares of realism ratings by source. " + "; ".join(parts)


def _times_alt(results: Results) -> str:
    parts = [
        f"{one.source}: median {one.median:.1f} s" for one in results.analysis.times.sources if one.median is not None
    ]
    return "Active seconds a case by source. " + "; ".join(parts)


def _row(name: str, found: Any) -> list[Any]:
    """Name, estimate and interval of an Estimate, a SingleArm or None."""
    if found is None:
        return [name, None, None, None]
    value = found.value if hasattr(found, "value") else found.estimate
    ends = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return [name, value, *ends]


def _forest_table(results: Results) -> list[list[Any]]:
    rows = [_row(row.reader, row.balanced_accuracy) for row in results.analysis.readers]
    return [["reader", "balanced_accuracy", "low", "high"], *rows, _row("all", results.analysis.primary.random)]


def _roc_table(results: Results) -> list[list[Any]]:
    rows = [
        [curve.reader, x, y]
        for curve in results.analysis.plots.roc
        for x, y in zip(curve.false_positive, curve.true_positive, strict=True)
    ]
    return [["reader", "false_positive", "true_positive"], *rows]


def _confusion_table(results: Results) -> list[list[Any]]:
    counts = results.analysis.counts
    return [
        ["truth", "called_real", "called_synthetic"],
        ["real", counts.real_called_real, counts.real_called_synthetic],
        ["synthetic", counts.synthetic_called_real, counts.synthetic_called_synthetic],
    ]


def _realism_table(results: Results) -> list[list[Any]]:
    rows = [
        [one.source, level, count]
        for one in results.analysis.realism.sources
        for level, count in zip(one.levels, one.counts, strict=True)
    ]
    return [["source", "level", "ratings"], *rows]


def _times_table(results: Results) -> list[list[Any]]:
    names = [f"seconds_p{percentile:g}" for percentile in PERCENTILES]
    return [["source", "reads", *names], *([box.source, box.n, *box.seconds] for box in results.analysis.plots.times)]


FIGURES: Mapping[str, Figure] = {
    "readers": Figure("Balanced accuracy of each reader", _forest_alt, _forest, _forest_table),
    "roc": Figure("ROC curves", _roc_alt, _roc, _roc_table),
    "confusion": Figure("Calls against truth", _confusion_alt, _confusion, _confusion_table),
    "realism": Figure("Realism by source", _realism_alt, _realism, _realism_table),
    "times": Figure("Time a case by source", _times_alt, _times, _times_table),
}
