"""Sets of a simulated classifier whose truth is known."""

import numpy as np
from scipy import special, stats

from evaluation.metrics.result import FloatArray, Sample

CLASSES = ("Effusion", "Cardiomegaly")


def binormal(
    seed: int,
    n: int = 200,
    *,
    area: float = 0.85,
    share: float = 0.5,
    per_group: int = 1,
    within: float = 0.0,
    **extra: object,
) -> Sample:
    """A set whose classifier has this AUROC for Effusion; whole groups have the finding, and share a part of the noise."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) // per_group
    has = np.arange(codes[-1] + 1) < share * (codes[-1] + 1)
    truth = has[codes]
    noise = np.sqrt(within) * rng.normal(size=codes[-1] + 1)[codes] + np.sqrt(1 - within) * rng.normal(size=n)
    score = np.sqrt(2) * stats.norm.ppf(area) * truth + noise
    probabilities = np.column_stack([special.expit(score), np.full(n, 0.1)])
    findings = tuple(("Pleural Effusion",) if t else ("No Finding",) for t in truth)
    return Sample(
        np.zeros((n, 2)),
        tuple(f"g{c:05d}" for c in codes),
        findings,
        CLASSES,
        probabilities,
        (0.5, 0.5),
        **extra,  # type: ignore[arg-type]
    )


def captioned(captions: list[str], probabilities: FloatArray, **extra: object) -> Sample:
    """One image a caption, every image its own group, with the classifier's output (n, 2) for Effusion and Cardiomegaly."""
    n = len(captions)
    return Sample(
        np.zeros((n, 2)),
        tuple(f"g{i:05d}" for i in range(n)),
        classes=CLASSES,
        probabilities=probabilities,
        thresholds=(0.5, 0.5),
        captions=tuple(captions),
        **extra,  # type: ignore[arg-type]
    )
