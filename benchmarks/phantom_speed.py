"""Phantoms drawn per second of processor time on one core.

python benchmarks/phantom_speed.py [--size 256] [--count 100]
"""

import argparse
import time

import numpy as np

from images.phantom import draw, sample_spec


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=256)
    options.add_argument("--count", type=int, default=100)
    chosen = options.parse_args()
    specs = [sample_spec(np.random.default_rng(number)) for number in range(chosen.count)]
    # The first pass reads and caches the lung outlines; the second is what a long run costs.
    for name in ("first pass", "cached outlines"):
        start = time.process_time()
        for number, spec in enumerate(specs):
            draw(spec, size=chosen.size, seed=number)
        print(f"{name}: {chosen.count / (time.process_time() - start):.1f} phantoms/s at {chosen.size} px")


if __name__ == "__main__":
    main()
