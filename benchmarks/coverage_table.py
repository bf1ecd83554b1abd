"""Shared by the coverage scripts: repeats in two processes, and one table of how often the intervals held the truth."""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.metrics import Estimate, MetricResult

# A long table needs no more than this, and leaves the machine to others.
PROCESSES = 2
HEAD = (
    "| metric | method | n | setting | repeats | holds the truth, % | misses below, above, % | width | mean | truth |"
)


@dataclass(frozen=True)
class Found:
    """One interval of one repeat; ``truth`` where it is known, else the mean over repeats stands for it."""

    value: float
    low: float
    high: float
    n: int = 0
    method: str = ""
    truth: float | None = None

    @classmethod
    def of(cls, estimate: Estimate | MetricResult, truth: float | None = None) -> Found:
        assert estimate.value is not None and estimate.low is not None and estimate.high is not None
        return cls(estimate.value, estimate.low, estimate.high, estimate.n, estimate.method, truth)


@dataclass(frozen=True)
class Covered:
    """What all repeats of one interval say."""

    share: float
    below: float  # of intervals that end below the truth
    above: float
    width: float
    mean: float
    truth: float
    n: int
    method: str
    repeats: int

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the share, at the nominal 95 % where all or none held."""
        share = self.share if 0 < self.share < 1 else 0.95
        return float(np.sqrt(share * (1 - share) / self.repeats))


Repeat = Callable[[int], Mapping[str, Found]]


def run(repeat: Repeat, repeats: int, processes: int = 1) -> dict[str, Covered]:
    """By metric: the share of intervals of ``repeat(0), repeat(1), ...`` that hold the truth."""
    if processes == 1:
        return summarised(map(repeat, range(repeats)))
    # Forked, so that what was made before (a population, a closure) is at hand in the workers.
    global _repeat
    _repeat = repeat
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return summarised(pool.imap(_call, range(repeats), chunksize=4))


_repeat: Repeat | None = None


def _call(number: int) -> Mapping[str, Found]:
    assert _repeat is not None
    return _repeat(number)


def summarised(draws: Iterable[Mapping[str, Found]]) -> dict[str, Covered]:
    """By metric, over all draws."""
    found: dict[str, list[Found]] = defaultdict(list)
    for draw in draws:
        for name, one in draw.items():
            found[name].append(one)
    return {name: _covered(rows) for name, rows in found.items()}


def _covered(rows: list[Found]) -> Covered:
    value, low, high = np.array([(row.value, row.low, row.high) for row in rows]).T
    truth = np.array([value.mean() if row.truth is None else row.truth for row in rows])
    held = (low <= truth) & (truth <= high)
    n = int(np.median([row.n for row in rows]))
    misses = float((high < truth).mean()), float((low > truth).mean())
    width = float((high - low).mean())
    return Covered(
        float(held.mean()), *misses, width, float(value.mean()), float(truth.mean()), n, rows[-1].method, len(rows)
    )


def show(setting: str, table: Mapping[str, Covered], *, head: bool = True) -> None:
    """The table as Markdown, one line a metric."""
    if head:
        print(f"\n{HEAD}\n|{'---|' * HEAD.count(' | ')}---|")
    for name, one in table.items():
        share = f"{100 * one.share:.1f} ± {100 * one.error:.1f}"
        misses = f"{100 * one.below:.1f}, {100 * one.above:.1f}"
        cells = (name, one.method.replace("|", "/"), one.n, setting, one.repeats, share, misses)
        print(
            "| " + " | ".join(map(str, cells)) + f" | {one.width:.3f} | {one.mean:.5f} | {one.truth:.5f} |", flush=True
        )


def arguments(description: str | None, repeats: int = 1000) -> argparse.ArgumentParser:
    """--repeats, --processes, --only METRIC and --setting NAME, which all scripts take."""
    # Two processes of one thread each; read by the libraries when a worker first multiplies.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--only", action="append", help="metric name, may be repeated")
    parser.add_argument("--setting", action="append", help="setting by name, may be repeated")
    return parser
