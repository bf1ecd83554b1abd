"""Phantoms drawn ahead of training and kept on disk."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from images.phantom import FINDINGS, draw, sample_spec, sentence

CHUNK = 250
# A phantom goes by under several wordings, so that the text model learns words and not sentences.
WORDINGS = 4


@dataclass(frozen=True)
class Phantoms:
    """`pixels` uint8 [n, size, size]; `labels` uint8 [n, findings] in the order of FINDINGS; `texts`: WORDINGS sentences each."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    texts: list[list[str]]

    def __len__(self) -> int:
        return len(self.pixels)


def draw_phantoms(
    count: int, *, size: int, seed: int, workers: int = 2, progress: Callable[[str], None] = print
) -> Phantoms:
    """Draw `count` phantoms; phantom i depends on (seed, i) alone."""
    starts = range(0, count, CHUNK)
    one = partial(_chunk, count=count, size=size, seed=seed)
    if count <= CHUNK:
        return one(0)
    parts = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for part in pool.map(one, starts):
            parts.append(part)
            if len(parts) % 8 == 0:
                progress(f"phantoms {min(count, len(parts) * CHUNK)}/{count}")
    pixels = np.concatenate([part.pixels for part in parts])
    return Phantoms(
        pixels, np.concatenate([part.labels for part in parts]), [text for part in parts for text in part.texts]
    )


def phantom_seed(seed: int, number: int) -> int:
    """The seed that phantom `number` of a data set is drawn with."""
    return seed * 1_000_003 + number


def _chunk(start: int, *, count: int, size: int, seed: int) -> Phantoms:
    numbers = range(start, min(start + CHUNK, count))
    pixels, labels, texts = [], [], []
    for number in numbers:
        spec = sample_spec(np.random.default_rng((seed, number)))
        phantom = draw(spec, size=size, seed=phantom_seed(seed, number))
        pixels.append(phantom.pixels)
        labels.append([name in phantom.findings for name in FINDINGS])
        texts.append([sentence(spec, phantom.seed + wording) for wording in range(WORDINGS)])
    return Phantoms(np.stack(pixels), np.array(labels, dtype=np.uint8), texts)


def load_or_draw(
    folder: Path, name: str, count: int, *, size: int, seed: int, progress: Callable[[str], None] = print
) -> Phantoms:
    """The phantoms of an earlier call with the same arguments, or newly drawn ones, kept for the next call."""
    stem = folder / f"{name}-{count}-{size}-{seed}"
    if not stem.with_suffix(".json").exists():
        drawn = draw_phantoms(count, size=size, seed=seed, progress=progress)
        np.savez(stem.with_suffix(".npz"), pixels=drawn.pixels, labels=drawn.labels)
        stem.with_suffix(".json").write_text(json.dumps(drawn.texts))
    with np.load(stem.with_suffix(".npz")) as arrays:
        return Phantoms(arrays["pixels"], arrays["labels"], json.loads(stem.with_suffix(".json").read_text()))
