"""Where small findings lie, so that the denoiser's loss does not overlook them.

A nodule covers one or two of 256 latent cells: its share of a plain mean squared error is less than one in a hundred. Every phantom has
a twin without its nodule or mass, and the difference of the two says where the finding is.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from images.phantom import FINDINGS, draw, sample_spec

from .dataset import Phantoms, phantom_seed

SMALL = ("Nodule", "Mass")
# Grey levels that a pixel must change by to count as part of the finding.
_CHANGED = 12


def load_or_find(
    data: Phantoms, folder: Path, *, seed: int, cells: int, workers: int = 2, report: Callable[[str], None] = print
) -> NDArray[np.float32]:
    """Share of each latent cell that a small finding covers, [n, cells, cells]; found once and kept on disk."""
    path = folder / f"emphasis-{len(data)}-{data.pixels.shape[1]}-{seed}.npy"
    if not path.exists():
        np.save(path, _find(data, seed, cells, workers, report))
    return np.asarray(np.load(path) / np.float32(255), dtype=np.float32)


def _find(data: Phantoms, seed: int, cells: int, workers: int, report: Callable[[str], None]) -> NDArray[np.uint8]:
    maps = np.zeros((len(data), cells, cells), dtype=np.uint8)
    chosen = np.nonzero(data.labels[:, [FINDINGS.index(name) for name in SMALL]].any(1))[0]
    chunks = np.array_split(chosen, max(1, len(chosen) // 100))
    jobs = [(chunk, data.pixels[chunk]) for chunk in chunks if len(chunk)]
    one = partial(_covered, seed=seed, cells=cells)
    if len(jobs) > 1:
        report(f"looking for {len(chosen)} nodules and masses")
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(one, jobs))
    else:
        found = [one(job) for job in jobs]
    for (chunk, _), part in zip(jobs, found, strict=True):
        maps[chunk] = part
    return maps


def _covered(job: tuple[NDArray[np.int64], NDArray[np.uint8]], *, seed: int, cells: int) -> NDArray[np.uint8]:
    """255 times the covered share of each cell, for some phantoms and their pixels."""
    maps = []
    for number, pixels in zip(*job, strict=True):
        spec = sample_spec(np.random.default_rng((seed, int(number))))
        rest = tuple(finding for finding in spec.findings if finding.name not in SMALL)
        twin = draw(replace(spec, findings=rest), size=len(pixels), seed=phantom_seed(seed, int(number))).pixels
        changed = np.abs(pixels.astype(np.int16) - twin) > _CHANGED
        side = len(pixels) // cells
        maps.append(changed.reshape(cells, side, cells, side).mean((1, 3)) * 255)
    return np.asarray(maps).round().astype(np.uint8)
