"""p-values of several tests, adjusted for being several."""

from __future__ import annotations

from collections.abc import Sequence

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.plan import FAMILIES

# The plan's word for an adjustment, and statsmodels'.
_NAMES = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}


def adjust(p_values: Sequence[float | None], *, family: str) -> tuple[float | None, ...]:
    """The p-values of one family of `plan.FAMILIES`, adjusted as the plan says; None stays None and does not count.

    holm: Holm (1979, Scand J Stat 6:65), error rate of the family; benjamini_hochberg: Benjamini and Hochberg (1995, J R
    Stat Soc B 57:289), false discovery rate; none: as they are. Raises AnalysisError for an unknown family.
    """
    if family not in FAMILIES:
        raise AnalysisError(f"Unknown family {family!r}: choose {', '.join(FAMILIES)}.")
    return adjusted(p_values, FAMILIES[family]["adjustment"])


def adjusted(p_values: Sequence[float | None], method: str) -> tuple[float | None, ...]:
    """`p_values` by `method` (holm, benjamini_hochberg or none), None left as they are. Raises AnalysisError."""
    if method != "none" and method not in _NAMES:
        raise AnalysisError(f"Unknown adjustment {method!r}: choose holm, benjamini_hochberg or none.")
    known = [p for p in p_values if p is not None]
    if method == "none" or not known:
        return tuple(p_values)
    # Imported here: statsmodels brings pandas, which a web process otherwise never loads.
    from statsmodels.stats.multitest import multipletests

    found = iter(multipletests(known, method=_NAMES[method])[1])
    return tuple(None if p is None else min(1.0, float(next(found))) for p in p_values)
