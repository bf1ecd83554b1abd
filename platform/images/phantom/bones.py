"""Ribs, clavicles, scapulae and spine as a layer of added density."""

import numpy as np

from .anatomy import TOWARDS, Thorax
from .canvas import Layer, Pen, Points, bezier, blur, grid, ribbon, smoothstep


def bones(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Density of the skeleton, about 0 to 0.3; older patients have thinner bone."""
    mineral = float(np.clip(1.15 - 0.004 * thorax.age + 0.06 * (thorax.sex == "M"), 0.75, 1.15))
    mineral *= rng.uniform(0.85, 1.1)
    sharp = 0.0022
    back, front = _ribs(thorax, rng)
    girdle = blur(_shoulder_girdle(thorax, rng), sharp, thorax.size)
    cage = 0.15 * blur(back, sharp, thorax.size) + 0.075 * blur(front, sharp * 1.3, thorax.size)
    return np.asarray(np.float32(mineral) * (cage + 0.19 * girdle + _spine(thorax, rng)))


def _ribs(thorax: Thorax, rng: np.random.Generator) -> tuple[Layer, Layer]:
    back, front = Pen(thorax.size), Pen(thorax.size)
    slope, start = rng.uniform(0.85, 1.25), rng.uniform(-0.015, 0.015)
    width = rng.uniform(0.019, 0.024) * (1.08 if thorax.sex == "M" else 0.95)
    for side, sign in TOWARDS.items():
        for number in range(11):
            posterior = _posterior(thorax, side, start + 0.094 * number, slope * (0.06 + 0.016 * number))
            posterior += np.array([0, rng.normal(0, 0.0015)])
            _bone(back, posterior, width * (0.8 + 0.02 * number))
            if 0 < number < 8:
                _bone(front, _anterior(thorax, sign, posterior[-1], slope), width * 1.12)
    return back.layer(), front.layer()


def _posterior(thorax: Thorax, side: str, level: float, drop: float) -> Points:
    """From the spine, up a little, outwards, and down to the chest wall."""
    sign = TOWARDS[side]
    end = thorax.at(level + drop * 1.9)
    reach = abs(float(thorax.wall[side](end)) - thorax.centre) + 0.008
    y = thorax.at(level)
    across = [(0.032, y), (0.4 * reach, y - 0.045 * thorax.height), (0.88 * reach, y - 0.01), (reach, end)]
    return bezier([(thorax.centre + sign * x, height) for x, height in across])


def _anterior(thorax: Thorax, sign: int, start: Points, slope: float) -> Points:
    """From the chest wall forwards, down and in, to the costochondral junction."""
    reach = abs(start[0] - thorax.centre)
    fall = 0.15 * slope * thorax.height
    across = [(reach, 0.0), (0.99 * reach, 0.45 * fall), (0.8 * reach, 0.85 * fall), (0.45 * reach, 1.05 * fall)]
    return bezier([(thorax.centre + sign * x, start[1] + height) for x, height in across])


def _bone(pen: Pen, centre: Points, width: float, body: float = 0.6) -> None:
    """A flat bone: a lighter body between two denser cortical lines."""
    outline = ribbon(centre, width)
    pen.polygon(outline, body)
    half = len(centre)
    pen.line(outline[:half], 0.003, 0.85)
    pen.line(outline[half:], 0.003, 1.0)


def _shoulder_girdle(thorax: Thorax, rng: np.random.Generator) -> Layer:
    pen = Pen(thorax.size)
    raised = rng.normal(0.0, 0.012) - 0.02 * (thorax.view == "AP")
    half = thorax.width / 2
    for sign in TOWARDS.values():
        tilt = raised + rng.normal(0, 0.004)
        _scapula(pen, thorax, sign, rng.uniform(0.92, 1.08) - 0.08 * (thorax.view == "AP"))
        across = [(0.035, 0.13), (0.11, 0.04), (0.5 * half, 0.10), (0.8 * half, -0.045), (half + 0.06, -0.045)]
        clavicle = bezier([(thorax.centre + sign * x, thorax.at(y) + tilt) for x, y in across])
        _bone(pen, clavicle, 0.03, 0.7)
    return pen.layer()


def _scapula(pen: Pen, thorax: Thorax, sign: int, outward: float) -> None:
    half = thorax.width / 2 * outward
    blade = [(half * 0.93, 0.05), (half * 0.9, 0.2), (half * 1.04, 0.44), (half * 1.16, 0.25), (half * 1.22, 0.06)]
    points = np.array([(thorax.centre + sign * x, thorax.at(y)) for x, y in blade])
    pen.polygon(points, 0.16)
    pen.line(points[:3], 0.006, 0.4)
    pen.line(points[2:], 0.008, 0.5)
    spine = np.array([(half * 0.95, 0.1), (half * 1.1, 0.03), (half * 1.3, -0.04)])
    pen.line(np.array([(thorax.centre + sign * x, thorax.at(y)) for x, y in spine]), 0.014, 0.5)


def _spine(thorax: Thorax, rng: np.random.Generator) -> Layer:
    """Vertebral bodies with discs between them, pedicles and spinous processes."""
    pen = Pen(thorax.size)
    curve, phase = rng.normal(0, 0.004), rng.uniform(0, 6.28)
    y, pitch = -0.02 + rng.uniform(0, 0.04), 0.05 * thorax.height / 0.65
    while y < 1:
        middle, half = thorax.centre + curve * np.sin(5 * y + phase), 0.026 + 0.014 * y
        box = [(-half, 0.1), (-half * 0.92, 0.5), (-half, 0.9), (half, 0.9), (half * 0.92, 0.5), (half, 0.1)]
        pen.polygon(np.array([(middle + x, y + pitch * part) for x, part in box]), 0.6)
        for x, part, level in ((-0.6 * half, 0.35, 0.95), (0.6 * half, 0.35, 0.95), (0.0, 0.75, 1.0)):
            spot = np.array([(middle + x, y + pitch * part), (middle + x, y + pitch * (part + 0.2))])
            pen.line(spot, 0.009, level)
        y, pitch = y + pitch, pitch * 1.035
    below = smoothstep(grid(thorax.size)[1] - np.float32(thorax.at(0.9)), 0.15)
    column = pen.layer()
    sharp, soft = blur(column, 0.0028, thorax.size), blur(column, 0.012, thorax.size)
    return np.asarray(sharp * (0.125 - 0.05 * below) + 0.03 * soft)
