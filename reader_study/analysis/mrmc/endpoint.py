"""One endpoint of a study: estimate, test against chance, equivalence, verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.mrmc.equivalence import Equivalence, tost
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.separation import with_exact_bound
from reader_study.analysis.mrmc.single_arm import Panel, SingleArm, single_arm
from reader_study.analysis.mrmc.verdict import Outcome, Verdict, decide
from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class Endpoint:
    """random: readers and cases random (RRRC); fixed: these readers only (FRRC). None with `reason` where not estimable."""

    name: str
    random: SingleArm | None
    fixed: SingleArm | None
    equivalence: Equivalence | None
    verdict: Verdict
    reason: str = ""


def chance_endpoint(
    table: RatingTable, column: str, name: str, *, null: float, margin: float, alpha: float
) -> Endpoint:
    """AUC-type endpoint of `column` against `null` with its verdict; what the data do not allow is said, not raised."""
    try:
        panel = auc_panel(table, column, name)
    except NotEstimable as reason:
        sentence = f"There is no verdict on {name}: {reason}"
        return Endpoint(name, None, None, None, Verdict(Outcome.INCONCLUSIVE, name, sentence), str(reason))
    random = with_exact_bound(single_arm(panel, null=null, alpha=alpha), alpha)
    fixed = with_exact_bound(single_arm(panel, null=null, alpha=alpha, inference="FRRC"), alpha)
    equivalence = tost(random, margin=margin, alpha=alpha)
    return Endpoint(name, random, fixed, equivalence, decide(random, equivalence, alpha))


def panel_test(make: Callable[[], Panel], *, null: float, alpha: float) -> tuple[SingleArm | None, str]:
    """The RRRC test of the panel that `make` builds, or None and the reason why the data do not allow it."""
    try:
        return single_arm(make(), null=null, alpha=alpha), ""
    except NotEstimable as reason:
        return None, str(reason)
