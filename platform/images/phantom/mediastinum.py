"""Heart, great vessels, trachea, and the branching vessels of the lungs."""

from collections.abc import Iterator

import numpy as np

from .anatomy import TOWARDS, Thorax
from .canvas import Layer, Pen, Points, blur, closed_curve


def cardiothoracic_ratio(enlarged: bool, view: str, rng: np.random.Generator) -> float:
    """Widest heart over widest inner thorax: above 0.55 exactly when the heart is enlarged."""
    if enlarged:
        return float(rng.uniform(0.58, 0.70))
    return float(np.clip(rng.normal(0.44 + 0.02 * (view == "AP"), 0.025), 0.37, 0.495))


def heart_outline(thorax: Thorax, ratio: float, shift: float, rng: np.random.Generator) -> Points:
    """Closed silhouette of heart and great vessels; its width is `ratio` times the inner thoracic width."""
    width = ratio * thorax.width
    right = width * rng.uniform(0.30, 0.37)
    left = width - right
    bottom = 0.5 * (thorax.domes["right"] + thorax.domes["left"]) + 0.02
    tall = bottom - thorax.top
    knob = 0.068 + 0.0004 * (thorax.age - 40) + rng.normal(0, 0.004)
    big = max(0.0, ratio - 0.5)
    silhouette = [
        (-0.04, 0.0), (-0.046, 0.22), (-0.05, 0.40), (-0.55 * right - 0.02, 0.54), (-0.93 * right, 0.67),
        (-right, 0.80), (-0.88 * right, 0.94), (-0.6 * right, 1.06), (0.35 * left, 1.10), (0.86 * left, 1.05),
        (left, 0.93 - 0.1 * big), (0.95 * left, 0.83 - 0.3 * big), (0.74 * left, 0.68 - 0.4 * big),
        (0.3 * left + 0.045, 0.55), (0.078, 0.455), (0.060, 0.40), (knob, 0.33), (knob * 0.93, 0.275), (0.045, 0.22), (0.036, 0.0),
    ]  # fmt: skip
    curve = closed_curve([(x, thorax.top + y * tall) for x, y in silhouette])
    curve[:, 0] *= width / np.ptp(curve[:, 0])
    return np.asarray(curve + np.array([thorax.centre + shift, 0]))


def heart_layer(thorax: Thorax, outline: Points) -> Layer:
    """Soft mask of the silhouette, 0 to 1."""
    pen = Pen(thorax.size)
    pen.polygon(outline)
    return blur(pen.layer(), 0.0045, thorax.size)


def airways(thorax: Thorax, shift: float) -> Layer:
    """Trachea and main bronchi, 0 to 1: they are darker than what surrounds them."""
    pen, carina = Pen(thorax.size), thorax.at(0.36)
    middle = thorax.centre + 0.004 + shift
    pen.line(np.array([(thorax.centre, -0.02), (middle, thorax.at(0.1)), (middle, carina)]), 0.03)
    for sign, length in ((-1, 0.055), (1, 0.075)):
        pen.line(np.array([(middle, carina - 0.01), (middle + sign * length, carina + 0.045)]), 0.019, 0.75)
    return blur(pen.layer(), 0.006, thorax.size)


def hilum(thorax: Thorax, side: str) -> tuple[float, float]:
    """The left hilum stands a little higher than the right one."""
    return thorax.centre + TOWARDS[side] * 0.072, thorax.at(0.47 if side == "right" else 0.445)


def vessels(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Branching lung vessels, dense at the hila and tapering outwards, 0 to 1."""
    pen = Pen(thorax.size)
    for side in TOWARDS:
        pen.segments(_tree(thorax, side, rng))
    fine = pen.layer()
    return blur(fine, 0.0018, thorax.size) + 0.35 * blur(fine, 0.01, thorax.size)


def _tree(thorax: Thorax, side: str, rng: np.random.Generator) -> Iterator[tuple[float, ...]]:
    """Segments (x0, y0, x1, y1, width, level) of about ten vessels and their branches; gravity widens the lower ones."""
    sign, (x, y) = TOWARDS[side], hilum(thorax, side)
    angles = np.linspace(-1.35, 1.42, 11) + rng.normal(0, 0.08, 11)
    waiting = [(x, y + 0.03 * float(np.sin(a)), float(a), 0.0085 + 0.003 * float(np.sin(a)), 0) for a in angles]
    jitter = iter(rng.standard_normal(6000).tolist())
    while waiting:
        x, y, angle, width, depth = waiting.pop()
        for _ in range(4):
            angle += 0.13 * next(jitter)
            step = 0.021 * (1 - 0.1 * depth) * (1 + 0.2 * next(jitter))
            to_x, to_y = x + sign * step * float(np.cos(angle)), y + step * float(np.sin(angle))
            yield x, y, to_x, to_y, width, min(1.0, 0.25 + 75 * width)
            x, y, width = to_x, to_y, width * 0.93
        if depth < 4 and width > 0.0012:
            spread = 0.32 + 0.1 * next(jitter)
            waiting.append((x, y, angle - spread, width * 0.74, depth + 1))
            waiting.append((x, y, angle + spread, width * 0.74, depth + 1))
