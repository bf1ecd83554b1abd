"""The blinding report: which properties of the frames alone would tell real from synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need
from numpy.typing import NDArray

from reader_study.blinding.features import FEATURES, describe


@dataclass(frozen=True)
class NuisanceRow:
    """One feature: the AUC of "larger means synthetic", and its p value corrected for all features looked at."""

    feature: str
    auc: float
    p: float

    @property
    def title(self) -> str:
        return self.feature.replace("_", " ").capitalize()


@dataclass(frozen=True)
class NuisanceAudit:
    """`band`: by chance alone, 95 of 100 studies have no feature whose AUC is farther than this from 0.5."""

    rows: tuple[NuisanceRow, ...]
    band: float
    n_real: int
    n_synthetic: int
    permutations: int

    @property
    def suspicious(self) -> tuple[NuisanceRow, ...]:
        return tuple(row for row in self.rows if abs(row.auc - 0.5) > self.band)


def audit_frames(
    frames: Sequence[NDArray[np.uint8]], synthetic: Sequence[bool], *, permutations: int = 1000, seed: int = 0
) -> NuisanceAudit:
    """AUC of every feature of FEATURES over `frames` ((size, size) uint8), sorted by distance from 0.5.

    `band` is the 95th percentile, over `permutations` shuffles of the labels, of the largest |AUC - 0.5| of all
    features, and p the share of shuffles whose largest reaches a row's (plus one in both counts): the single-step
    max-statistic correction of Westfall and Young (1993), which needs no assumption on how features hang together.
    Raises ValueError unless both classes are there.
    """
    features = np.array([describe(frame) for frame in frames])
    return audit_features(features, np.asarray(synthetic, bool), permutations=permutations, seed=seed)


def audit_features(
    features: NDArray[np.float64], synthetic: NDArray[np.bool_], *, permutations: int, seed: int
) -> NuisanceAudit:
    """As `audit_frames`, from a (frames, len(FEATURES)) array."""
    if not 0 < synthetic.sum() < synthetic.size:
        raise ValueError("A blinding report needs real and synthetic frames.")
    ranks = scipy.stats.rankdata(features, axis=0)
    rng = np.random.default_rng(seed)
    shuffles = rng.permuted(np.tile(synthetic, (permutations, 1)), axis=1)
    null = np.abs(_auc(ranks, shuffles) - 0.5).max(axis=1)
    observed = _auc(ranks, synthetic[None])[0]
    reached = (null[:, None] >= np.abs(observed - 0.5) - 1e-12).sum(axis=0)
    rows = [
        NuisanceRow(name, float(auc), float((1 + count) / (1 + permutations)))
        for name, auc, count in zip(FEATURES, observed, reached)
    ]
    return NuisanceAudit(
        rows=tuple(sorted(rows, key=lambda row: -abs(row.auc - 0.5))),
        band=float(np.quantile(null, 0.95)),
        n_real=int((~synthetic).sum()),
        n_synthetic=int(synthetic.sum()),
        permutations=permutations,
    )


def _auc(ranks: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mann-Whitney AUC, ties counting half: (labellings, features) from (frames, features) and (labellings, frames)."""
    positive = labels[0].sum()
    total = labels.astype(float) @ ranks
    return np.asarray((total - positive * (positive + 1) / 2) / (positive * (labels.shape[1] - positive)))
