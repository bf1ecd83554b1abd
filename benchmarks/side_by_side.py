"""Timing of two implementations in one process: pairs run one after the other, the median of their ratios, peak memory."""

import os
import platform
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

_clock = time.process_time


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """(n, d) float32 as pooled activations are: non-negative, correlated, power-law spectrum."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(64, d)) * np.arange(1, 65)[:, None] ** -0.5
    own = rng.normal(size=(n, d)) * np.arange(1, d + 1) ** -0.4
    return np.maximum(rng.normal(size=(n, 64)) @ mix / 8 + own + shift, 0).astype(np.float32)


def compare(
    title: str, ours: Callable[[], Any], peers: dict[str, Callable[[], Any]], repeats: int = 3
) -> dict[str, Any]:
    """Print our median time, each peer's, and the median of the ratios peer / ours over the repeats; gives what they returned."""
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
    peaks: dict[str, float] = {}
    returned: dict[str, Any] = {}
    for _ in range(repeats):
        for name, work in {"ours": ours, **peers}.items():
            taken, peak, returned[name] = measured(work)
            seconds[name].append(taken)
            peaks[name] = max(peaks.get(name, 0.0), peak)
    print(f"{title}: ours {median(seconds['ours']):.4f} s, peak {peaks['ours']:.0f} MiB")
    for name in peers:
        ratio = median(theirs / own for theirs, own in zip(seconds[name], seconds["ours"], strict=True))
        print(
            f"    {name}: {median(seconds[name]):.4f} s, {ratio:.1f} times ours, peak {peaks[name]:.0f} MiB", flush=True
        )
    return returned


def measured(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, MiB, value) of one call: CPU seconds on one thread, wall seconds on more; memory above what was held before."""
    Path("/proc/self/clear_refs").write_text("5")  # The high-water mark starts again at what is held now.
    held, start = resident("VmRSS"), _clock()
    value = work()
    return _clock() - start, max(resident("VmHWM") - held, 0.0), value


def resident(field: str) -> float:
    """MiB of a line of /proc/self/status."""
    match = re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) / 1024


def use_threads(count: int) -> None:
    """So many threads for every library, and a line on what the numbers were measured on."""
    import torch

    global _clock
    torch.set_num_threads(count)
    threadpool_limits(count)
    _clock = time.process_time if count == 1 else time.perf_counter
    unit = "CPU seconds" if count == 1 else "wall seconds"
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, threads: {count}, {unit}, medians of interleaved pairs",
        flush=True,
    )


def one_thread() -> None:
    use_threads(1)


def threads_asked() -> None:
    """One thread, or two with --two-threads."""
    use_threads(2 if "--two-threads" in sys.argv else 1)
