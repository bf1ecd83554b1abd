"""False alarms of sequential monitoring when nobody can tell: `python benchmarks/sequential.py [REPLICATES]`.

Readers guess (d' = 0) on one deck of half real, half synthetic cases with shared case effects. Counted: how often the
evidence reaches 1/alpha at any read (alpha 5 %), for the pooled reads as if independent and for the mean of the readers'
e-values.
"""

import sys

import numpy as np

from reader_study.analysis.sequential.eprocess import log_e_value

DESIGNS = ((1, 100, 0.0), (5, 100, 1.0), (10, 100, 1.0), (10, 100, 0.0), (10, 300, 1.0))
THRESHOLD = np.log(20.0)


def correct_calls(rng: np.random.Generator, readers: int, cases: int, case_sd: float) -> np.ndarray:
    """(readers, cases) whether each call is right, every reader in an order of her own."""
    truth = np.repeat([0, 1], cases // 2)
    latent = rng.normal(0, case_sd, cases) + rng.normal(size=(readers, cases))
    called = latent + rng.normal(0, 0.3, readers)[:, None] > 0
    return rng.permuted((called == truth).astype(float), axis=1)


def alarms(correct: np.ndarray) -> tuple[bool, bool]:
    """Whether the pooled e-process and the mean of the readers' ever reach the threshold."""
    readers, cases = correct.shape
    n = np.arange(1, cases + 1)
    each = log_e_value(np.cumsum(correct, axis=1), n)
    mean = np.logaddexp.reduce(each, axis=0) - np.log(readers)
    pooled = log_e_value(np.cumsum(correct.sum(axis=0)), readers * n)
    return bool(pooled.max() >= THRESHOLD), bool(mean.max() >= THRESHOLD)


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = np.random.default_rng(11)
    print("readers x cases, case SD | pooled | mean of readers (nominal 5 %)")
    for readers, cases, case_sd in DESIGNS:
        found = np.array([alarms(correct_calls(rng, readers, cases, case_sd)) for _ in range(replicates)])
        pooled, mean = 100 * found.mean(axis=0)
        print(f"{readers} x {cases}, {case_sd:g} | {pooled:.1f} % | {mean:.1f} %", flush=True)


if __name__ == "__main__":
    main()
