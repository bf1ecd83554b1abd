"""Seconds that the mixed models of a study take, by readers x cases: `python benchmarks/models.py [READERSxCASES ...]`.

Run it with OMP_NUM_THREADS=1: the matrices are too small for threads to help.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from reader_study.analysis import RatingTable
from reader_study.analysis.models.order import order_section
from reader_study.analysis.models.section import models_section

SIZES = ((5, 100), (10, 200), (10, 1000), (30, 1000))


def study(readers: int, cases: int) -> RatingTable:
    """Simulated reads: d' = 1, shared case effects of SD 1, readers of SD 0.3, six levels."""
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1], [cases - cases // 2, cases // 2])
    latent = truth - 0.5 + rng.normal(0, 1, cases) + rng.normal(0, 0.3, readers)[:, None]
    rating = np.digitize(latent + rng.normal(size=(readers, cases)), [-1.5, -0.7, 0, 0.7, 1.5]) + 1.0
    who, what = (codes.reshape(-1) for codes in np.indices((readers, cases)))
    return RatingTable.build(
        reader=[f"R{code}" for code in who],
        case=[f"C{code}" for code in what],
        truth=[int(value) for value in truth[what]],
        rating=rating.ravel(),
        call=(rating.ravel() > 3).astype(float),
        seconds=np.exp(rng.normal(2, 0.4, who.size)),
        position=[int(place) for _ in range(readers) for place in rng.permutation(cases) + 1],
        extra={"realism": np.clip(6 - rating.ravel(), 1, 5)},
    )


def seconds(section: Callable[[RatingTable], object], table: RatingTable) -> tuple[float, float]:
    """Wall and processor seconds of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    section(table)
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    named = [tuple(int(part) for part in text.split("x")) for text in sys.argv[1:]]
    print("readers x cases | four models: wall, processor s | order and time: wall, processor s")
    for readers, cases in named or SIZES:
        table = study(readers, cases)
        models, order = seconds(models_section, table), seconds(order_section, table)
        print(f"{readers} x {cases} | {models[0]:.2f}, {models[1]:.2f} | {order[0]:.2f}, {order[1]:.2f}", flush=True)


if __name__ == "__main__":
    main()
