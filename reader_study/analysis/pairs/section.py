"""The whole analysis of comparisons in one call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.pairs.bradley_terry import BradleyTerry, bradley_terry, contests_of
from reader_study.analysis.pairs.forced_choice import ForcedChoice, forced_choice
from reader_study.analysis.pairs.table import PairTable


@dataclass(frozen=True, slots=True)
class PairSize:
    """What was compared; n_same: comparisons of a label with itself, which say nothing of the scale."""

    n_readers: int
    n_pairs: int
    n_comparisons: int
    n_unanswered: int
    n_ties: int
    n_same: int
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairsAnalysis:
    """forced_choice: is the real picture told from the synthetic one? ranking: one scale for everything compared.

    asked: "synthetic" or "real"; in the ranking a win is always being taken for the more real (the preferred) picture.
    """

    asked: str
    margin: float
    alpha: float
    size: PairSize
    forced_choice: ForcedChoice
    ranking: BradleyTerry


def analyse_pairs(
    table: PairTable,
    *,
    real: str = "real",
    asked: str = "synthetic",
    reference: str | None = None,
    side_effect: bool = True,
    margin: float = 0.1,
    alpha: float = 0.05,
) -> PairsAnalysis:
    """Two-alternative accuracy and Bradley-Terry abilities of `table`, over readers and pairs.

    asked: what the chosen picture is said to be: "synthetic", or "real" (preferred, more realistic). reference: the label
    with ability 0; `real` where it was compared, else the first. Raises AnalysisError for an empty table; what the data
    do not allow is None with a reason.
    """
    if len(table) == 0:
        raise AnalysisError("There are no comparisons to analyse.")
    base = reference if reference is not None else (real if real in table.labels else None)
    # Whoever is picked as the synthetic one has lost.
    judged = (
        table if asked == "real" else PairTable(table.reader, table.pair, table.left, table.right, 1 - table.chosen)
    )
    return PairsAnalysis(
        asked=asked,
        margin=margin,
        alpha=alpha,
        size=_size(table),
        forced_choice=forced_choice(table, real=real, asked=asked, margin=margin, alpha=alpha),
        ranking=bradley_terry(contests_of(judged), reference=base, side_effect=side_effect, alpha=alpha),
    )


def _size(table: PairTable) -> PairSize:
    return PairSize(
        n_readers=len(table.readers),
        n_pairs=int(np.unique(table.pair).size),
        n_comparisons=len(table),
        n_unanswered=int(np.isnan(table.chosen).sum()),
        n_ties=int((table.chosen == 0.5).sum()),
        n_same=int((table.left == table.right).sum()),
        labels=tuple(table.labels),
    )
