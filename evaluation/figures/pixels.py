"""What the pixels say: spectrum, grey levels, and the distance at every resolution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from evaluation.figures.canvas import DASHED, INK, REAL, SYNTHETIC, WIDTH, draw_interval, legend, plain
from evaluation.figures.drawing import Drawing, Row
from evaluation.models import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _extra(scores: Sequence[Score], key: str) -> Any:
    """This part of the first score of the whole set that has it."""
    return next((s.extra[key] for s in scores if s.extra.get(key) and not (s.finding or s.subgroup or s.space)), None)


def _rows(scores: Sequence[Score], key: str, x: str) -> list[Row]:
    curve = _extra(scores, key)
    return list(zip(curve[x], curve["synthetic"], curve["reference"], strict=False)) if curve else []


def _lines(figure: Figure, curve: dict[str, Any], x: str) -> Axes:
    figure.set_size_inches(WIDTH, 3.0)
    axes = figure.subplots()
    axes.plot(curve[x], curve["reference"], color=REAL, linewidth=1.8, linestyle=(0, (5, 1.5)), label="real")
    axes.plot(curve[x], curve["synthetic"], color=SYNTHETIC, linewidth=1.8, label="synthetic")
    axes.legend(frameon=False)
    plain(axes, "both")
    return axes


def _paint_spectrum(figure: Figure, scores: Sequence[Score]) -> None:
    curve = _extra(scores, "spectrum")
    axes = _lines(figure, curve, "frequency")
    if min(curve["frequency"]) > 0:
        axes.set_xscale("log")
    axes.set(xlabel="cycles per image width", ylabel="log10 power")


def _paint_histogram(figure: Figure, scores: Sequence[Score]) -> None:
    axes = _lines(figure, _extra(scores, "histogram"), "level")
    axes.set(xlabel="grey level, black to white", ylabel="share of pixels")
    axes.set_ylim(bottom=0)


def _steps(scores: Sequence[Score], metric: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every side of this metric's series, and beside it the yardstick's (empty where it has none)."""
    whole = (s for s in scores if s.metric == metric and not (s.finding or s.subgroup or s.space))
    score = next((s for s in whole if s.extra.get("series")), None)
    if score is None:
        return []
    real = {step["side"]: step for step in ((score.baseline or {}).get("extra") or {}).get("series", ())}
    return [(step, real.get(step["side"], {})) for step in score.extra["series"]]


def _series_rows(metric: str, scores: Sequence[Score]) -> list[Row]:
    numbers = ("value", "low", "high")
    return [
        (own["side"], *(step.get(key) for step in (own, real) for key in numbers))
        for own, real in _steps(scores, metric)
    ]


def _paint_series(metric: str, figure: Figure, scores: Sequence[Score]) -> None:
    steps = _steps(scores, metric)[::-1]
    figure.set_size_inches(WIDTH, 0.42 * len(steps) + 1.2)
    axes = figure.subplots()
    for number, (own, real) in enumerate(steps):
        draw_interval(axes, own, number + 0.13, SYNTHETIC, "o")
        draw_interval(axes, real, number - 0.13, REAL, "s")
    labels = [f"{own['side']} px" for own, _ in steps]
    axes.set(yticks=range(len(steps)), yticklabels=labels, ylim=(-0.6, len(steps) - 0.4), xlabel="Fréchet distance")
    if all(one.get("low", 0) >= 0 for step in steps for one in step):
        axes.set_xlim(left=0)
    plain(axes)
    legend(figure, "two halves of the real images")


def _series(metric: str, title: str, caption: str) -> Drawing:
    header = ("side_px", "value", "low", "high", "real_value", "real_low", "real_high")
    rows, paint = partial(_series_rows, metric), partial(_paint_series, metric)
    return Drawing(title, caption, header, rows, paint, axis="parts")


def _band_rows(scores: Sequence[Score]) -> list[Row]:
    return [
        tuple(band.get(key) for key in ("from", "to", "lost", "low", "high")) for band in _extra(scores, "bands") or ()
    ]


def _paint_bands(figure: Figure, scores: Sequence[Score]) -> None:
    bands = _extra(scores, "bands")
    figure.set_size_inches(WIDTH, 0.42 * len(bands) + 0.9)
    axes = figure.subplots()
    for number, band in enumerate(reversed(bands)):
        draw_interval(axes, {**band, "value": band["lost"]}, number, SYNTHETIC, "o")
    labels = [f"{band['from']:g} to {band['to']:g}" for band in reversed(bands)]
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=DASHED)
    axes.set(yticks=range(len(bands)), yticklabels=labels, ylim=(-0.6, len(bands) - 0.4))
    axes.set(xlabel="share of the energy lost", ylabel="cycles per image width")
    plain(axes)


SPECTRUM = Drawing(
    "Power by spatial frequency",
    "Left the large shapes, right the fine texture. Below the dashed line the scored images lack detail of that size, "
    "above it they have too much; a narrow peak is the trace of a decoder's grid.",
    ("cycles_per_width", "synthetic_log10_power", "real_log10_power"),
    lambda scores: _rows(scores, "spectrum", "frequency"), _paint_spectrum, axis="parts",
)  # fmt: skip
HISTOGRAM = Drawing(
    "Grey levels",
    "How often each level of grey occurs, over all images of a set.",
    ("level", "synthetic_share", "real_share"), lambda scores: _rows(scores, "histogram", "level"), _paint_histogram,
    axis="parts",
)  # fmt: skip
RESOLUTION = _series(
    "frechet_by_resolution",
    "Detail by resolution",
    "Both sets shrunk to each side, and their finest detail there compared: a model that is right from afar and wrong up "
    "close has distances that grow with the side, and stand clear of what two halves of the real images show.",
)
RESOLUTION_FEATURES = _series(
    "frechet_features_by_resolution",
    "Features by resolution",
    "What a network sees of both sets shrunk to each side. Sides are compared with the real images' own at that side, not "
    "with each other: a network takes blurred pictures for another kind of picture.",
)
BANDS = Drawing(
    "What the autoencoder loses, by spatial frequency",
    "Real images encoded and decoded, each against its own original: no checkpoint with this autoencoder can do better.",
    ("cycles_from", "cycles_to", "lost", "low", "high"), _band_rows, _paint_bands, axis="parts",
)  # fmt: skip
