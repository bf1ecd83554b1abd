"""The whole analysis of a study in one process: every statistic of the results page, 2,000 bootstrap replicates included.

    OMP_NUM_THREADS=1 python benchmarks/whole_analysis.py [--readers 10] [--cases 1000] [--findings 4]

Made-up reads of every kind that a study can ask for: calls, six-level ratings, realism, findings, times, positions, repeats of
15 % of the cases and two generators. CPU seconds by part, peak memory of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np

from reader_study.analysis import RatingTable, analyse, plain


def made_up(readers: int, cases: int, findings: int, seed: int = 1) -> RatingTable:
    """Reads of `readers` x `cases`, half of the cases synthetic, by readers who tell them apart a little."""
    rng = np.random.default_rng(seed)
    truth = np.arange(cases) % 2
    shared, present = rng.normal(0, 1, cases), rng.random((findings, cases)) < 0.3
    columns: dict[str, list[np.ndarray]] = {}
    for number in range(readers):
        order = rng.permutation(cases)
        again = order[rng.random(cases) < 0.15]
        shown = np.concatenate([order, again])
        latent = 0.5 * truth[shown] + shared[shown] + rng.normal(0, 1, shown.size)
        seen = present[:, shown] ^ (rng.random((findings, shown.size)) < 0.2)
        parts = {
            "reader": np.full(shown.size, f"R{number:02d}"),
            "case": np.char.add("C", shown.astype(str)),
            "truth": truth[shown],
            "source": np.where(truth[shown] == 0, "real", np.where(shown % 4 == 1, "first", "second")),
            "rating": np.clip(np.round(3.5 + latent), 1, 6),
            "call": (latent > 0.5).astype(float),
            "seconds": np.exp(2 + 0.3 * rng.normal(size=shown.size)),
            "replicate": np.concatenate([np.zeros(cases, int), np.ones(again.size, int)]),
            "position": np.arange(1, shown.size + 1),
            "realism": np.clip(np.round(3 - latent / 2), 1, 5),
        }
        for index in range(findings):
            parts[f"seen:F{index}"] = seen[index].astype(float)
            parts[f"correct:F{index}"] = (seen[index] == present[index, shown]).astype(float)
        for name, values in parts.items():
            columns.setdefault(name, []).append(values)
    whole = {name: np.concatenate(values) for name, values in columns.items()}
    extra = {name: whole.pop(name) for name in list(whole) if ":" in name or name == "realism"}
    return RatingTable.build(**{name: values.tolist() for name, values in whole.items()}, extra=extra)  # type: ignore[arg-type]


def main() -> None:
    """Print the time of every part, and the size of the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--findings", type=int, default=4)
    options = parser.parse_args()
    table = made_up(options.readers, options.cases, options.findings)
    marks: list[tuple[str, float]] = []
    start = time.process_time()
    found = analyse(table, progress=lambda what: marks.append((what, time.process_time())), replicates=2000)
    marks.append(("", time.process_time()))
    for (what, begun), (_, ended) in zip(marks[:-1], marks[1:], strict=True):
        print(f"{what:<40} {ended - begun:6.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = len(json.dumps(plain(found))) / 1024
    print(
        f"{options.readers} x {options.cases}: {time.process_time() - start:.2f} s CPU, peak {peak:.0f} MB, {size:.0f} KB of JSON"
    )


if __name__ == "__main__":
    main()
