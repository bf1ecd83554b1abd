"""Properties of a frame that a pipeline, rather than a generator, may have put there.

Each is a number from a (size, size) uint8 frame, quick enough for thousands of frames. None of them should tell real
from synthetic; the audit says which do.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]


def black_share(frame: Frame) -> float:
    """Share of pixels that are exactly black."""
    return float(np.mean(frame == 0))


def white_share(frame: Frame) -> float:
    """Share of pixels that are exactly white."""
    return float(np.mean(frame == 255))


def histogram_gaps(frame: Frame) -> float:
    """Share of grey levels between the darkest and the brightest that no pixel has."""
    used = np.flatnonzero(np.bincount(frame.ravel(), minlength=256))
    return float(1 - used.size / (used[-1] - used[0] + 1))


def histogram_comb(frame: Frame) -> float:
    """Roughness of the histogram: mean absolute second difference over mean count."""
    counts = np.bincount(frame.ravel(), minlength=256)[1:-1].astype(float)
    return float(np.abs(np.diff(counts, 2)).mean() / counts.mean()) if counts.any() else 0.0


def mean_level(frame: Frame) -> float:
    """Mean grey level."""
    return float(frame.mean())


def contrast(frame: Frame) -> float:
    """Standard deviation of the grey levels."""
    return float(frame.std())


def border_variance(frame: Frame) -> float:
    """Standard deviation along the outermost rows and columns, averaged over the four sides."""
    return float(np.mean([side.std() for side in (frame[0], frame[-1], frame[:, 0], frame[:, -1])]))


def corner_level(frame: Frame) -> float:
    """Mean grey level of the four corners, each a tenth of the side."""
    return float(np.mean([corner.mean() for corner in _corners(frame)]))


def corner_detail(frame: Frame) -> float:
    """Strongest edge in the corners, where markers and burned-in text stand (99th percentile of row differences)."""
    return max(float(np.percentile(np.abs(np.diff(corner.astype(float), axis=1)), 99)) for corner in _corners(frame))


def blockiness(frame: Frame) -> float:
    """Mean step across multiples of 8 columns and rows, over the mean step elsewhere: JPEG blocks, a VAE's grid."""
    return float(np.mean([_grid_step(frame.astype(float)), _grid_step(frame.T.astype(float))]))


def high_frequencies(frame: Frame) -> float:
    """Share of the spectrum's power (mean removed, Hann window) above half the Nyquist frequency."""
    power, radius = _spectrum(frame)
    return float(power[radius > 0.25].sum() / max(power[radius > 0].sum(), 1e-9))


def spectrum_slope(frame: Frame) -> float:
    """Slope of log power over log frequency, from 2 % to 100 % of the Nyquist frequency."""
    power, radius = _spectrum(frame)
    bands = np.digitize(radius, np.geomspace(0.01, 0.5, 17))
    means = np.array([power[bands == band].mean() if (bands == band).any() else np.nan for band in range(1, 17)])
    known = np.isfinite(means)
    return float(np.polyfit(np.arange(16)[known], np.log(means[known] + 1e-6), 1)[0])


def flat_noise(frame: Frame) -> float:
    """Standard deviation within the smoothest tenth of the 8 x 8 blocks that are neither black nor white."""
    side = frame.shape[0] // 8 * 8
    blocks = frame[:side, :side].reshape(side // 8, 8, side // 8, 8).swapaxes(1, 2).reshape(-1, 64).astype(float)
    blocks = blocks[(blocks.min(1) > 0) & (blocks.max(1) < 255)]
    return float(np.percentile(blocks.std(1), 10)) if len(blocks) else 0.0


def symmetry(frame: Frame) -> float:
    """Correlation of the frame with its mirror image."""
    levels = frame.astype(float) - frame.mean()
    return float((levels * levels[:, ::-1]).sum() / max((levels**2).sum(), 1e-9))


FEATURES: dict[str, Callable[[Frame], float]] = {
    feature.__name__: feature
    for feature in (
        black_share,
        white_share,
        histogram_gaps,
        histogram_comb,
        mean_level,
        contrast,
        border_variance,
        corner_level,
        corner_detail,
        blockiness,
        high_frequencies,
        spectrum_slope,
        flat_noise,
        symmetry,
    )
}


def describe(frame: Frame) -> list[float]:
    """All features of a frame, in the order of FEATURES."""
    return [feature(frame) for feature in FEATURES.values()]


def _corners(frame: Frame) -> list[Frame]:
    side = max(4, frame.shape[0] // 10)
    return [frame[:side, :side], frame[:side, -side:], frame[-side:, :side], frame[-side:, -side:]]


def _grid_step(levels: NDArray[np.float64]) -> float:
    steps = np.abs(np.diff(levels, axis=1)).mean(0)
    on_grid = np.arange(1, levels.shape[1]) % 8 == 0
    return float(steps[on_grid].mean() / max(steps[~on_grid].mean(), 1e-9))


def _spectrum(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power and radial frequency (cycles per pixel), both (size, size / 2 + 1)."""
    size = frame.shape[0]
    window = np.hanning(size)
    power = np.abs(np.fft.rfft2((frame - frame.mean()) * np.outer(window, window))) ** 2
    return power, np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
