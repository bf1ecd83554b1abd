"""Findings: what each changes in the air, the pleura and the density of a lung."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from .anatomy import TOWARDS, Thorax
from .canvas import Layer, Pen, blur, cloud, grid, smoothstep
from .mediastinum import hilum
from .spec import Finding, PhantomSpec

_FLUID_LEVEL = {"small": (0.72, 0.79), "moderate": (0.54, 0.64), "large": (0.30, 0.45)}
_COLLAPSE = {"small": (0.82, 0.87), "moderate": (0.68, 0.76), "large": (0.48, 0.58)}
_LOBE_BAND = {
    "right": {"upper": (-0.1, 0.43), "middle": (0.45, 0.80), "lower": (0.58, 1.1)},
    "left": {"upper": (-0.1, 0.5), "lower": (0.55, 1.1)},
}
_ZONE_BAND = {"upper": (0.08, 0.34), "mid": (0.36, 0.58), "lower": (0.58, 0.85)}


@dataclass
class Lungs:
    """Layers that findings change, each [size, size].

    `air`: aerated lung, 0 to 1, by side. `pleural_air`: gas outside the lung. `opacity`: lung filled with fluid or tissue, 0 to
    1. `added`: density on top.
    """

    air: dict[str, Layer]
    pleural_air: Layer
    opacity: Layer
    added: Layer
    shift: float = 0.0
    notes: dict[str, float] = field(default_factory=dict)


def healthy(thorax: Thorax) -> Lungs:
    blank = np.zeros((thorax.size, thorax.size), dtype=np.float32)
    return Lungs({side: thorax.inside(side) for side in TOWARDS}, blank, blank.copy(), blank.copy())


def add_findings(lungs: Lungs, spec: PhantomSpec, thorax: Thorax, heart: Layer, rng: np.random.Generator) -> None:
    """Draw every finding of the specification into the lungs, but for the heart's size."""
    for finding in spec.findings:
        if finding.name == "Effusion":
            _effusion(lungs, finding, thorax, rng)
        elif finding.name == "Pneumothorax":
            _pneumothorax(lungs, finding, thorax, rng)
        elif finding.name == "Consolidation":
            _consolidation(lungs, finding, thorax, rng)
        elif finding.name in ("Nodule", "Mass"):
            _focal(lungs, finding, thorax, heart, rng)


def mediastinal_shift(spec: PhantomSpec) -> float:
    """A large effusion or pneumothorax pushes the mediastinum to the other side; picture units along x."""
    large = [finding for finding in spec.find("Effusion", "Pneumothorax") if finding.size == "large"]
    return -0.016 * sum(TOWARDS[finding.side] for finding in large)


def _effusion(lungs: Lungs, finding: Finding, thorax: Thorax, rng: np.random.Generator) -> None:
    """Fluid whose surface, a meniscus, climbs towards the chest wall."""
    out = thorax.lateralness(finding.side)
    level = thorax.at(rng.uniform(*_FLUID_LEVEL[finding.size]))
    rise = {"small": 0.13, "moderate": 0.13, "large": 0.10}[finding.size] * thorax.height * rng.uniform(0.8, 1.2)
    surface = level + 0.3 * rise - rise * (1.5 * out**4 + 0.3 * (1 - out) ** 3)
    if finding.size == "small":
        surface = surface + np.float32(0.10) * (1 - np.clip(out * 1.5, 0, 1))
    fluid = smoothstep(np.asarray(grid(thorax.size)[1] - surface), 0.02)
    drowned = fluid * thorax.inside(finding.side)
    lungs.opacity = np.maximum(lungs.opacity, drowned)
    lungs.air[finding.side] = lungs.air[finding.side] * (1 - 0.97 * fluid)


def _pneumothorax(lungs: Lungs, finding: Finding, thorax: Thorax, rng: np.random.Generator) -> None:
    """The lung shrinks towards its hilum; outside its fine pleural line is gas without markings."""
    scale = rng.uniform(*_COLLAPSE[finding.size])
    inner = _shrunken(thorax, finding.side, scale, rng.uniform(0.62, 0.8))
    whole = thorax.inside(finding.side)
    lung = smoothstep(inner, 0.006) * whole
    line = np.exp(-((inner / np.float32(0.0052)) ** 2)) * smoothstep(thorax.lungs[finding.side] - 0.012, 0.01)
    lungs.added += np.float32(0.15) * line
    lungs.pleural_air = np.maximum(lungs.pleural_air, whole * (1 - lung))
    lungs.air[finding.side] = lungs.air[finding.side] * lung


def _shrunken(thorax: Thorax, side: str, scale: float, anchor: float) -> Layer:
    """Signed distance to the collapsed lung: the lung scaled about a point low on the mediastinum."""
    x, y = grid(thorax.size)
    pivot_x, pivot_y = hilum(thorax, side)[0] - TOWARDS[side] * 0.03, thorax.at(anchor)
    down = 0.5 * (1 + scale)
    column = (pivot_x + (x - pivot_x) / scale) * thorax.size - 0.5
    row = (pivot_y + (y - pivot_y) / down) * thorax.size - 0.5
    where = np.stack(np.broadcast_arrays(row, column))
    distance = ndimage.map_coordinates(thorax.lungs[side], where, order=1, mode="nearest")
    return np.asarray(distance * np.float32(scale))


def _consolidation(lungs: Lungs, finding: Finding, thorax: Thorax, rng: np.random.Generator) -> None:
    """A fluffy patch within one lobe, with air-filled bronchi left dark in it."""
    upper, lower = (thorax.at(part) for part in _LOBE_BAND[finding.side][finding.place])
    _, y = grid(thorax.size)
    out = thorax.lateralness(finding.side)
    fissure = 0.03 if finding.place == "lower" else 0.008
    lobe = smoothstep(y - np.float32(upper) + 0.03 * (out - 0.5), 0.03) * smoothstep(np.float32(lower) - y, fissure)
    middle = 0.30 if finding.place == "middle" else rng.uniform(0.4, 0.65)
    height = np.clip(0.5 * (max(upper, thorax.top) + min(lower, thorax.at(0.95))), 0, 1)
    distance = ((out - middle) / 0.42) ** 2 + ((y - np.float32(height)) / np.float32(0.15)) ** 2
    fluff = cloud(rng, 9, thorax.size) * 0.33 + cloud(rng, 22, thorax.size) * 0.17
    patch = smoothstep(np.float32(0.75) - distance + fluff, 0.75) * lobe
    bronchi = _air_bronchogram(thorax, finding.side, float(height), rng)
    filled = np.clip(patch * (0.93 - 0.45 * bronchi), 0, 1) * thorax.inside(finding.side)
    lungs.opacity = np.maximum(lungs.opacity, 0.85 * filled)
    lungs.air[finding.side] = lungs.air[finding.side] * (1 - 0.85 * filled)


def _air_bronchogram(thorax: Thorax, side: str, height: float, rng: np.random.Generator) -> Layer:
    pen, (x, y) = Pen(thorax.size), hilum(thorax, side)
    for angle in rng.normal(0, 0.3, 4):
        run = np.linspace(0.1, 1, 8)[:, None]
        target = np.array([0.14 * TOWARDS[side], (height - y) * 1.1 + 0.06 * float(np.sin(2 * angle))])
        wobble = rng.normal(0, 0.004, (8, 2))
        pen.line(np.array([x, y]) + run * target + wobble, 0.008, 0.9)
    return blur(pen.layer(), 0.003, thorax.size)


def _focal(lungs: Lungs, finding: Finding, thorax: Thorax, heart: Layer, rng: np.random.Generator) -> None:
    """A round opacity, clear of heart and chest wall; masses are larger and lobulated."""
    nodule = finding.name == "Nodule"
    radius = rng.uniform(0.029, 0.038) if nodule else rng.uniform(0.058, 0.085)
    column, row = _spot(thorax, finding, heart, radius * (1.2 if nodule else 0.9), rng)
    x, y = grid(thorax.size)
    dx, dy = x - column, y - row
    angle = np.arctan2(dy, dx)
    lobes = sum(rng.normal(0, 0.02 if nodule else 0.05) * np.cos(k * angle + rng.uniform(0, 6.28)) for k in (2, 3, 5))
    near = np.sqrt(dx * dx + dy * dy) / (radius * (1 + lobes))
    ball = np.sqrt(np.clip(1 - near**2, 0, 1)) * np.float32(0.75) + np.float32(0.25) * (near < 1)
    ball = blur(ball.astype(np.float32), 0.004, thorax.size)
    lungs.added += np.float32(0.36 if nodule else 0.34) * ball
    lungs.notes[finding.name] = radius


def _spot(
    thorax: Thorax, finding: Finding, heart: Layer, clearance: float, rng: np.random.Generator
) -> tuple[np.float32, np.float32]:
    """A point at random where the finding is inside its zone of the lung and not behind the heart."""
    upper, lower = (thorax.at(part) for part in _ZONE_BAND[finding.place])
    x, y = grid(thorax.size)
    clear = blur(heart, 0.6 * clearance, thorax.size) < 0.08
    room = np.where(clear & (y > upper) & (y < lower), thorax.lungs[finding.side], np.float32(-1))
    fits = np.nonzero(room.ravel() > min(clearance, 0.85 * float(room.max())))[0]
    chosen = int(fits[int(rng.random() * len(fits))])
    return x[0, chosen % thorax.size], y[chosen // thorax.size, 0]
