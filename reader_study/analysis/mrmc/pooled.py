"""The pooled binomial: kept only to show how far it is from the truth."""

from dataclasses import dataclass

from scipy import stats

from reader_study.analysis.counts import Confusion
from reader_study.analysis.mrmc.single_arm import SingleArm


@dataclass(frozen=True, slots=True)
class Pooled:
    """All reads as if they were independent. design_effect: variance over readers and cases / binomial variance."""

    correct: int
    n: int
    accuracy: float | None
    p_value: float | None
    design_effect: float | None
    method: str = "pooled_binomial"


def pooled(counts: Confusion, panel: SingleArm | None = None) -> Pooled:
    """Exact binomial test of pooled reads against 1/2. Wrong whenever readers share cases: for an appendix only."""
    if counts.n == 0:
        return Pooled(0, 0, None, None, None)
    accuracy = counts.correct / counts.n
    p_value = float(stats.binomtest(counts.correct, counts.n).pvalue)
    binomial = accuracy * (1 - accuracy) / counts.n
    known = panel is not None and panel.standard_error is not None and binomial > 0
    effect = panel.standard_error**2 / binomial if known and panel and panel.standard_error else None
    return Pooled(counts.correct, counts.n, accuracy, p_value, effect)
