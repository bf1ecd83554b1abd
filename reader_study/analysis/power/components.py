"""How much readers and cases vary: what a sample size is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.arms import ArmComparison
from reader_study.analysis.mrmc.mean_squares import error_covariances, mean_squares
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.table import RatingTable


@dataclass(frozen=True, slots=True)
class ArmComponents:
    """One arm. reader: variance of the readers' true values; var, cov2: error variance of one reader and covariance of two

    at `cases` cases; both fall as 1 / cases. value: what the source of these numbers estimated, None for assumptions.
    """

    reader: float
    var: float
    cov2: float
    cases: float
    value: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairComponents:
    """Two arms read by the same readers on the same cases (Obuchowski and Rockette 1995), at `cases` cases.

    interaction: variance of the readers' true differences, halved (reader x arm). cov1: same reader, other arm; cov2: same
    arm, other reader; cov3: both differ.
    """

    interaction: float
    var: float
    cov1: float
    cov2: float
    cov3: float
    cases: float
    warnings: tuple[str, ...] = ()


def assumed_arm(
    value: float, *, case_correlation: float, reader_sd: float, share: float = 0.5, endpoint: str = "balanced accuracy"
) -> ArmComponents:
    """Components from a mean `value`, the correlation of two readers' answers to a case, and the SD of readers' values.

    share: of synthetic cases. A read of a balanced accuracy p has error variance p (1 - p) / [4 share (1 - share)] a case;
    an AUC that of Hanley and McNeil (1982, Radiology 143:29) at 200 cases. Raises AnalysisError for impossible values.
    """
    if not (0 < value < 1 and 0 < share < 1 and 0 <= case_correlation <= 1 and reader_sd >= 0):
        raise AnalysisError(
            "Rates lie between 0 and 1, correlations from 0 to 1, and a standard deviation is not negative."
        )
    if endpoint == "AUC":
        cases, var = 200.0, hanley_mcneil(value, 200 * share, 200 * (1 - share))
    elif endpoint == "balanced accuracy":
        cases, var = 1.0, value * (1 - value) / (4 * share * (1 - share))
    else:
        raise AnalysisError(f"Unknown endpoint {endpoint!r}: choose balanced accuracy or AUC.")
    return ArmComponents(reader_sd**2, var, case_correlation * var, cases)


def assumed_pair(
    value: float,
    *,
    correlations: tuple[float, float, float],
    reader_sd: float,
    share: float = 0.5,
    endpoint: str = "balanced accuracy",
) -> PairComponents:
    """Components of two arms from error correlations (same reader, same arm, neither) and the SD of readers' differences."""
    first, second, third = correlations
    arm = assumed_arm(value, case_correlation=second, reader_sd=reader_sd, share=share, endpoint=endpoint)
    if not (0 <= third <= min(first, second) and first <= 1):
        raise AnalysisError("The correlation where reader and arm both differ is the smallest of the three.")
    return PairComponents(reader_sd**2 / 2, arm.var, first * arm.var, arm.cov2, third * arm.var, arm.cases)


def hanley_mcneil(area: float, n_synthetic: float, n_real: float) -> float:
    """Variance of an AUC of `area`: [A(1-A) + (n1-1)(Q1-A^2) + (n0-1)(Q2-A^2)]/(n1 n0), Q1 = A/(2-A), Q2 = 2A^2/(1+A)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    total = area * (1 - area) + (n_synthetic - 1) * (q1 - area**2) + (n_real - 1) * (q2 - area**2)
    return total / (n_synthetic * n_real)


def pilot_arm(table: RatingTable, column: str = "call") -> ArmComponents:
    """Components from a pilot of one arm: VarR = MS(R) - Var + max(Cov2, 0), negative ones set to 0 with a warning.

    column: "call" for balanced accuracy, "rating" for the AUC. Raises NotEstimable for one reader or one class.
    """
    panel = auc_panel(table, column, column)
    j = panel.estimates.size
    if j < 2:
        raise NotEstimable("A pilot needs at least two readers who read both classes.")
    errors = error_covariances(panel.covariance, (1, j))
    shared = max(errors.cov2, 0.0)
    reader = mean_squares(panel.estimates[None, :]).readers - errors.var + shared
    texts = {
        "The covariance between readers was negative in the pilot and was set to 0.": errors.cov2 < 0,
        "The variance of readers was negative in the pilot and was set to 0: few readers know little of it.": reader
        < 0,
    }
    warnings = tuple(text for text, holds in texts.items() if holds)
    cases = float(panel.n_real + panel.n_synthetic)
    value = float(np.mean(panel.estimates))
    return ArmComponents(max(reader, 0.0), errors.var, shared, cases, value, (*panel.warnings, *warnings))


def pilot_pair(compared: ArmComparison, cases: int) -> PairComponents:
    """Components from a comparison of two arms on `cases` cases: VarTR = MS(TR) - Var + Cov1 + max(Cov2 - Cov3, 0)."""
    errors = compared.errors
    shared = max(errors.cov2 - errors.cov3, 0.0)
    interaction = compared.mean_squares.interaction - errors.var + errors.cov1 + shared
    warnings = () if interaction >= 0 else ("The reader x arm variance was negative in the pilot and was set to 0.",)
    kept = max(interaction, 0.0)
    return PairComponents(kept, errors.var, errors.cov1, errors.cov2, errors.cov3, float(cases), warnings)
