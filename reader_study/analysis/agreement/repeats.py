"""Agreement of a reader with herself, from hidden repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.agreement.cohen import cohen_kappa
from reader_study.analysis.agreement.icc import icc
from reader_study.analysis.proportion import proportion
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Ints

__all__ = ["RepeatAgreement", "cohen_kappa", "repeat_agreement"]


@dataclass(frozen=True, slots=True)
class RepeatAgreement:
    """First against repeated reading: share of equal calls, Cohen kappa of calls, weighted kappas and ICC of ratings."""

    n_pairs: int
    same_call: Estimate
    kappa_calls: Estimate
    weighted_kappa_ratings: Estimate
    linear_kappa_ratings: Estimate
    icc_ratings: Estimate


def repeat_agreement(table: RatingTable, levels: Sequence[float], *, alpha: float = 0.05) -> RepeatAgreement:
    """Pair every repeat with its first reading by the same reader. levels: the rating scale, for the weights."""
    first, again = _pairs(table)
    calls = table.call[first], table.call[again]
    ratings = table.rating[first], table.rating[again]
    both = ~np.isnan(calls[0]) & ~np.isnan(calls[1])
    equal = int((calls[0][both] == calls[1][both]).sum())
    return RepeatAgreement(
        n_pairs=first.size,
        same_call=proportion(equal, int(both.sum()), alpha=alpha),
        kappa_calls=cohen_kappa(*calls, (0.0, 1.0), alpha=alpha),
        weighted_kappa_ratings=cohen_kappa(*ratings, levels, weights="quadratic", alpha=alpha),
        linear_kappa_ratings=cohen_kappa(*ratings, levels, weights="linear", alpha=alpha),
        icc_ratings=icc(np.stack(ratings), "2,1", alpha=alpha),
    )


def _pairs(table: RatingTable) -> tuple[Ints, Ints]:
    """Indices of first readings and of the repeats that answer them."""
    keys = zip(table.reader.tolist(), table.arm.tolist(), table.case.tolist(), strict=True)
    named = list(keys)
    firsts = {key: i for i, (key, replicate) in enumerate(zip(named, table.replicate, strict=True)) if replicate == 0}
    repeats = [i for i in np.flatnonzero(table.replicate > 0) if named[i] in firsts]
    first = np.array([firsts[named[i]] for i in repeats], dtype=np.int64)
    return first, np.array(repeats, dtype=np.int64)
