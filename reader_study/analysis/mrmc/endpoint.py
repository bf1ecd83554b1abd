"""One endpoint of a study: estimate, test against a constant, equivalence, verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.design import USTAT, Design, describe
from reader_study.analysis.mrmc.equivalence import Equivalence, tost
from reader_study.analysis.mrmc.panel import auc_panel, mean_panel
from reader_study.analysis.mrmc.separation import with_exact_bound
from reader_study.analysis.mrmc.single_arm import INFERENCES, Panel, SingleArm, single_arm
from reader_study.analysis.mrmc.ustat import auc_ustat, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import ustat_single
from reader_study.analysis.mrmc.verdict import Outcome, Verdict, decide
from reader_study.analysis.table import RatingTable

STATISTICS = ("auc", "mean")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """random: readers and cases random (RRRC); fixed: these readers only (FRRC). None with `reason` where not estimable.

    tested: the one of the asked inference, on which equivalence and verdict stand (RRRC unless asked otherwise).
    """

    name: str
    random: SingleArm | None
    fixed: SingleArm | None
    equivalence: Equivalence | None
    verdict: Verdict
    reason: str = ""
    design: Design | None = None
    tested: SingleArm | None = None


@dataclass(frozen=True, slots=True)
class Estimated:
    """An estimate over readers and cases with its tests, and no verdict: fields as in `Endpoint`."""

    name: str
    random: SingleArm | None
    fixed: SingleArm | None
    tested: SingleArm | None
    design: Design
    reason: str = ""


def chance_endpoint(
    table: RatingTable,
    column: str,
    name: str,
    *,
    null: float,
    margin: float,
    alpha: float,
    covariance: str | None = None,
    inference: str = "RRRC",
    method: str | None = None,
) -> Endpoint:
    """AUC-type endpoint of `column` (of a call: the balanced accuracy) with its verdict about `null`.

    method: "or", "ustat" or None for what the design calls for; covariance: delong, jackknife, unbiased or None likewise.
    What the data do not allow is said, not raised. Raises AnalysisError for an unknown option.
    """
    found = estimated(
        table, column, name, null=null, alpha=alpha, covariance=covariance, inference=inference, method=method,
        statistic="auc",
    )  # fmt: skip
    if found.tested is None:
        verdict = Verdict(Outcome.INCONCLUSIVE, name, f"There is no verdict on {name}: {found.reason}")
        return Endpoint(name, None, None, None, verdict, found.reason, found.design)
    equivalence = tost(found.tested, margin=margin, alpha=alpha)
    verdict = decide(found.tested, equivalence, alpha)
    return Endpoint(name, found.random, found.fixed, equivalence, verdict, design=found.design, tested=found.tested)


def estimated(
    table: RatingTable,
    column: str,
    name: str,
    *,
    null: float = 0.5,
    alpha: float = 0.05,
    covariance: str | None = None,
    inference: str = "RRRC",
    method: str | None = None,
    statistic: str = "mean",
) -> Estimated:
    """Mean over readers of an "auc" or of the plain "mean" of `column` over the cases of `table`, against `null`.

    Sensitivity, specificity and any proportion are means; options as in `chance_endpoint`. Raises AnalysisError for an
    unknown option.
    """
    if inference not in INFERENCES or statistic not in STATISTICS:
        raise AnalysisError(f"Unknown option {inference!r} or {statistic!r}.")
    design = describe(table, column, method=method, covariance=covariance)
    if statistic == "mean" and design.method != USTAT:
        design = replace(design, covariance="jackknife")
    try:
        test = _tester(table, column, name, design, statistic)
        random, fixed = (with_exact_bound(test(kind, null, alpha), alpha) for kind in ("RRRC", "FRRC"))
        chosen = {"RRRC": random, "FRRC": fixed}.get(inference) or test(inference, null, alpha)
    except NotEstimable as reason:
        return Estimated(name, None, None, None, design, str(reason))
    return Estimated(name, random, fixed, chosen, design)


def _tester(
    table: RatingTable, column: str, name: str, design: Design, statistic: str
) -> Callable[[str, float, float], SingleArm]:
    """The test of the design's method as a function of inference, null and alpha. Raises NotEstimable."""
    if design.n_arms > 1:
        raise NotEstimable("These reads hold several arms: choose one, or compare them.")
    if design.method == USTAT:
        found = auc_ustat(table, column) if statistic == "auc" else mean_ustat(table, column)
        warning = () if design.n_missing == 0 else (design.reason,)
        return lambda kind, null, alpha: ustat_single(
            found, name, null=null, alpha=alpha, inference=kind, warnings=warning
        )
    make = auc_panel if statistic == "auc" else mean_panel
    panel = make(table, column, name, covariance=design.covariance)
    return lambda kind, null, alpha: single_arm(panel, null=null, alpha=alpha, inference=kind)


def panel_test(make: Callable[[], Panel], *, null: float, alpha: float) -> tuple[SingleArm | None, str]:
    """The RRRC test of the panel that `make` builds, or None and the reason why the data do not allow it."""
    try:
        return single_arm(make(), null=null, alpha=alpha), ""
    except NotEstimable as reason:
        return None, str(reason)
