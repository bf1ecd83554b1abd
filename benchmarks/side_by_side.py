"""Timing of two implementations in one process: CPU seconds of one thread, best of interleaved repeats."""

import os
import platform
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """(n, d) float32 as pooled activations are: non-negative, correlated, power-law spectrum."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(64, d)) * np.arange(1, 65)[:, None] ** -0.5
    own = rng.normal(size=(n, d)) * np.arange(1, d + 1) ** -0.4
    return np.maximum(rng.normal(size=(n, 64)) @ mix / 8 + own + shift, 0).astype(np.float32)


def compare(title: str, ours: Callable[[], object], peers: dict[str, Callable[[], object]], repeats: int = 3) -> None:
    """Print our best CPU time, each peer's, and the ratio peer / ours."""
    best: dict[str, float] = {}
    for _ in range(repeats):
        for name, work in {"ours": ours, **peers}.items():
            start = time.process_time()
            work()
            best[name] = min(best.get(name, np.inf), time.process_time() - start)
    print(f"{title}: ours {best['ours']:.4f} s CPU")
    for name in peers:
        print(f"    {name}: {best[name]:.4f} s CPU, {best[name] / best['ours']:.1f} times ours", flush=True)


def one_thread() -> None:
    """One thread for every library, and a line on what the numbers were measured on."""
    import torch

    torch.set_num_threads(1)
    threadpool_limits(1)
    print(f"{os.cpu_count()} cores, {platform.machine()}, one thread, CPU seconds, best of interleaved repeats")
