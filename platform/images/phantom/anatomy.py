"""Where the thorax of one phantom lies in its picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .canvas import Layer, grid, smoothstep
from .outlines import FRAME, LUNG_HEIGHT, Outline, draw_outline
from .spec import PhantomSpec

# Sign of a patient's side along x: the patient's right is picture left.
TOWARDS = {"right": -1, "left": 1}


@dataclass(frozen=True)
class Thorax:
    """Geometry in picture units. `right` and `left` are signed distances to the lung borders, positive inside, [size, size]."""

    size: int
    centre: float
    top: float
    height: float
    width: float
    domes: dict[str, float]
    lungs: dict[str, Layer]
    wall: dict[str, Callable[[NDArray[np.float64] | float], NDArray[np.float64]]]
    habitus: float
    age: int
    sex: str
    view: str

    def at(self, fraction: float) -> float:
        """The y that lies this fraction of the lung height below the apices."""
        return self.top + fraction * self.height

    def inside(self, side: str) -> Layer:
        """Soft lung mask, 0 to 1, without the medial tail that some outlines draw below the dome."""
        _, y = grid(self.size)
        medial = smoothstep(np.float32(0.55) - self.lateralness(side), 0.12)
        tail = medial * smoothstep(y - np.float32(self.domes[side] + 0.025), 0.02)
        return np.asarray(smoothstep(self.lungs[side], 0.009) * (1 - tail))

    def lateralness(self, side: str) -> Layer:
        """About 0 at the mediastinum and 1 at the chest wall of that side, by row."""
        x, y = grid(self.size)
        reach = np.abs(self.wall[side](y.astype(np.float64)) - self.centre).astype(np.float32)
        return np.asarray(np.clip((x - np.float32(self.centre)) * np.float32(TOWARDS[side]) / reach, 0, 1.2))


def place_thorax(spec: PhantomSpec, size: int, rng: np.random.Generator) -> Thorax:
    """Choose an outline and a position, and sample both lungs on the pixel grid."""
    outline = draw_outline(rng)
    habitus = float(rng.beta(2, 3))
    height = rng.uniform(0.60, 0.70) - 0.06 * (spec.view == "AP") - 0.03 * habitus
    half = float(np.clip(outline.half_width * height * rng.uniform(0.97, 1.1), 0.29, 0.395))
    centre, top = 0.5 + rng.normal(0, 0.008), rng.uniform(0.10, 0.155)
    stretch, domes = _level_domes(outline, rng.uniform(0.005, 0.035))
    bend = rng.normal(0, 0.006, 2), rng.uniform(0, 6.28, 2)
    lungs = {
        side: _sample(
            getattr(outline, side), size, (centre, half / outline.half_width), (top, height * stretch[side]), bend
        )
        for side in TOWARDS
    }
    edges = {side: _wall_edge(lungs[side] > 0, side) for side in TOWARDS}
    width = float(np.max(edges["left"][1]) - np.min(edges["right"][1]))
    walls = {side: _wall(*edges[side], side) for side in TOWARDS}
    levels = {side: top + domes[side] * stretch[side] * height for side in TOWARDS}
    return Thorax(size, centre, top, height, width, levels, lungs, walls, habitus, spec.age, spec.sex, spec.view)


def _level_domes(outline: Outline, difference: float) -> tuple[dict[str, float], dict[str, float]]:
    """Vertical stretch per side that puts the right dome `difference` lung heights above the left one."""
    domes = {side: _dome(getattr(outline, side)) for side in TOWARDS}
    common = 0.5 * (domes["right"] + domes["left"])
    wanted = {"right": common - difference / 2, "left": common + difference / 2}
    return {side: float(np.clip(wanted[side] / domes[side], 0.88, 1.14)) for side in TOWARDS}, domes


def _dome(distance: NDArray[np.float32]) -> float:
    """Highest point of the lower border, in lung heights below the apices; the outer columns are left out."""
    inside = distance > 0
    columns = np.nonzero(inside.any(0))[0]
    trim = len(columns) // 4
    lowest = FRAME - 1 - inside[::-1, columns[trim:-trim]].argmax(0)
    return float(lowest.min() - (FRAME - LUNG_HEIGHT) // 2) / LUNG_HEIGHT


def _sample(
    distance: NDArray[np.float32],
    size: int,
    across: tuple[float, float],
    down: tuple[float, float],
    bend: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Layer:
    """Signed distance on the pixel grid, in picture units, gently bent so that no outline comes twice."""
    x, y = grid(size)
    amplitude, phase = (part.astype(np.float32) for part in bend)
    column = (x - across[0] + amplitude[0] * np.sin(9 * y + phase[0])) * (LUNG_HEIGHT / across[1]) + FRAME / 2
    row = (y - down[0] + amplitude[1] * np.sin(8 * x + phase[1])) * (LUNG_HEIGHT / down[1]) + (FRAME - LUNG_HEIGHT) // 2
    sampled = ndimage.map_coordinates(distance, np.stack([row, column]), order=1, mode="nearest")
    return np.asarray(sampled * np.float32(down[1]))


def _wall_edge(inside: NDArray[np.bool_], side: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows (y) that cross the lung and where (x) each meets the chest wall."""
    size = inside.shape[0]
    rows = np.nonzero(inside.any(1))[0]
    edge = inside[rows].argmax(1) if side == "right" else size - 1 - inside[rows, ::-1].argmax(1)
    return (rows + 0.5) / size, (edge + 0.5) / size


def _wall(
    y: NDArray[np.float64], x: NDArray[np.float64], side: str
) -> Callable[[NDArray[np.float64] | float], NDArray[np.float64]]:
    """The chest wall x(y): a smooth curve through the lateral lung border that never turns inwards below."""
    depth = (y - y[0]) / (y[-1] - y[0])
    kept = depth < 0.93
    coefficients = np.polyfit(np.sqrt(depth[kept]), x[kept], 3)

    def wall(at: NDArray[np.float64] | float) -> NDArray[np.float64]:
        below = np.clip((np.asarray(at) - y[0]) / (y[-1] - y[0]), 0.0, 0.95)
        return np.asarray(np.polyval(coefficients, np.sqrt(below)))

    return wall
