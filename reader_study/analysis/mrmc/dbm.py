"""Variance components: of the Obuchowski-Rockette model, and of Dorfman, Berbaum and Metz as a conversion."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.mrmc.arms import ArmComparison
from reader_study.analysis.mrmc.mean_squares import ErrorCovariances, MeanSquares


@dataclass(frozen=True, slots=True)
class OrComponents:
    """reader, arm_reader: variances between readers (negative estimates are kept). The rest is of `ErrorCovariances`."""

    reader: float
    arm_reader: float
    error: float
    cov1: float
    cov2: float
    cov3: float


@dataclass(frozen=True, slots=True)
class DbmComponents:
    """Variance components of jackknife pseudovalues of t arms x J readers x K cases, and their mean squares.

    mean_squares: by effect, T (arm), R (reader), C (case), TR, TC, RC and TRC (error).
    """

    reader: float
    case: float
    arm_reader: float
    arm_case: float
    reader_case: float
    error: float
    mean_squares: dict[str, float]
    n_cases: int
    method: str = "dbm_jackknife"


@dataclass(frozen=True, slots=True)
class DbmTest:
    """F test of the arms with (df1, df2)."""

    f: float
    df1: int
    df2: float
    p_value: float


def or_components(squares: MeanSquares, errors: ErrorCovariances, n_arms: int) -> OrComponents:
    """Variances between readers from mean squares and error covariances of two or more arms (Hillis 2007, section 5)."""
    return OrComponents(
        reader=(squares.readers - squares.interaction) / n_arms - errors.cov1 + errors.cov3,
        arm_reader=squares.interaction - errors.var + errors.cov1 + errors.cov2 - errors.cov3,
        error=errors.var,
        cov1=errors.cov1,
        cov2=errors.cov2,
        cov3=errors.cov3,
    )


def dbm_components(comparison: ArmComparison, n_cases: int) -> DbmComponents:
    """Components of the pseudovalues of K = n_cases cases, from a comparison with jackknife covariances (Hillis 2007).

    VarC = K Cov3, VarTC = K (Cov2 - Cov3), VarRC = K (Cov1 - Cov3), VarErr = K (Var - Cov1 - Cov2 + Cov3); the mean squares
    of arms and readers are K times those of the estimates. Raises NotEstimable for one reader.
    """
    t, j, k = len(comparison.means), comparison.n_readers, float(n_cases)
    if j < 2:
        raise NotEstimable("Variance components need at least two readers.")
    squares, errors = comparison.mean_squares, comparison.errors
    between = or_components(squares, errors, t)
    case, arm_case, reader_case = k * errors.cov3, k * (errors.cov2 - errors.cov3), k * (errors.cov1 - errors.cov3)
    error = k * (errors.var - errors.cov1 - errors.cov2 + errors.cov3)
    found = {
        "T": k * squares.arms,
        "R": k * squares.readers,
        "C": error + t * reader_case + j * arm_case + t * j * case,
        "TR": k * squares.interaction,
        "TC": error + j * arm_case,
        "RC": error + t * reader_case,
        "TRC": error,
    }
    arm_reader = (found["TR"] - error) / k
    return DbmComponents(between.reader, case, arm_reader, arm_case, reader_case, error, found, n_cases)


def dbm_test(found: DbmComponents, n_arms: int, n_readers: int, inference: str) -> DbmTest:
    """F test of the arms from the pseudovalues: RRRC with Hillis's df, FRRC against TC, RRFC against TR.

    RRRC and RRFC equal Obuchowski-Rockette with jackknife covariances; FRRC has an F with (t-1)(K-1) where that has a
    chi-square. Source: Dorfman, Berbaum and Metz (1992); Hillis (2007).
    """
    squares, df1 = found.mean_squares, n_arms - 1
    crossed = df1 * (n_readers - 1)
    below = {
        "RRRC": squares["TR"] + max(squares["TC"] - squares["TRC"], 0.0),
        "FRRC": squares["TC"],
        "RRFC": squares["TR"],
    }[inference]
    df2 = {
        "RRRC": below**2 / (squares["TR"] ** 2 / crossed),
        "FRRC": float(df1 * (found.n_cases - 1)),
        "RRFC": float(crossed),
    }[inference]
    f = squares["T"] / below
    return DbmTest(f, df1, df2, float(stats.f.sf(f, df1, df2)))
