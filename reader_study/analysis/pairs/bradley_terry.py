"""Bradley-Terry: a place on one scale for everything that was compared two by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats
from scipy.special import expit

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.pairs.table import PairTable
from reader_study.analysis.types import Estimate, Floats, Interval, Labels, missing

# Beyond this a log-odds is running away to infinity.
_RUNAWAY = 15.0


@dataclass(frozen=True, slots=True)
class Contests:
    """Rows of comparisons: left, right: (n,) labels; left_wins, right_wins: (n,) counts, ties half to either.

    clusters: columns of labels (n,) within which comparisons are not independent, such as the reader and the pair; with
    none the standard errors are those of independent comparisons.
    """

    left: Labels
    right: Labels
    left_wins: Floats
    right_wins: Floats
    clusters: tuple[Labels, ...] = ()


@dataclass(frozen=True, slots=True)
class Ability:
    """log_odds: of beating the reference; beats_reference: the same as a probability. The reference has 0 and no error."""

    label: str
    log_odds: Estimate
    beats_reference: Estimate


@dataclass(frozen=True, slots=True)
class BradleyTerry:
    """abilities by label, the reference among them; side: log-odds of the left place, None where it was not asked.

    deviance and log_likelihood of the rows as they were given. reason says why nothing could be estimated.
    """

    reference: str
    abilities: tuple[Ability, ...]
    side: Estimate | None
    deviance: float | None
    df_residual: int | None
    log_likelihood: float | None
    n_comparisons: float
    warnings: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Fit:
    """Coefficients (p,), covariance (p, p) and df of their intervals (None: normal)."""

    values: Floats
    covariance: Floats
    df: float | None
    method: str
    about: tuple[float, int, float]


def bradley_terry(
    contests: Contests, *, reference: str | None = None, side_effect: bool = True, alpha: float = 0.05
) -> BradleyTerry:
    """log-odds(left wins) = ability(left) - ability(right) + side (Bradley and Terry 1952, Biometrika 39:324).

    Binomial GLM; ties count half a win to either. reference: the label with ability 0 (the first in order if None); must be
    among the labels. With clusters: the two-way sandwich of Cameron, Gelbach and Miller (2011) and t with the smaller
    number of clusters less 1. Abilities exist only where no group of labels always beats the rest (Ford 1957); otherwise
    the reason is said.
    """
    labels = [str(label) for label in np.unique(np.concatenate([contests.left, contests.right]))]
    base = reference if reference is not None else (labels[0] if labels else "")
    if labels and base not in labels:
        raise AnalysisError(f"There is no {base!r} among what was compared: {', '.join(labels)}.")
    total = float(contests.left_wins.sum() + contests.right_wins.sum())
    reason = _why_not(contests, labels)
    if reason:
        return _unable(labels, base, total, reason)
    design, side, warnings = _design(contests, labels, base, side_effect)
    fit = _fit(contests, design)
    if fit is None:
        return _unable(labels, base, total, "The scale does not settle: too few comparisons for so many labels.")
    rest = iter(range(len(labels) - 1))
    places = {label: None if label == base else next(rest) for label in labels}
    return BradleyTerry(
        reference=base,
        abilities=tuple(_ability(label, fit, place, total, alpha) for label, place in places.items()),
        side=_estimate(fit, len(labels) - 1, total, alpha) if side else None,
        deviance=fit.about[0],
        df_residual=fit.about[1],
        log_likelihood=fit.about[2],
        n_comparisons=total,
        warnings=warnings,
    )


def _why_not(contests: Contests, labels: Sequence[str]) -> str:
    if len(labels) < 2 or not (contests.left_wins + contests.right_wins).any():
        return "There is nothing to compare: two or more labels with answered comparisons are needed."
    left, right = (np.searchsorted(labels, side) for side in (contests.left, contests.right))
    wins = np.zeros((len(labels), len(labels)))
    np.add.at(wins, (left, right), contests.left_wins)
    np.add.at(wins, (right, left), contests.right_wins)
    n, group = sparse.csgraph.connected_components(sparse.csr_array(wins), connection="strong")
    if n == 1:
        return ""
    apart = [", ".join(np.asarray(labels)[group == number]) for number in range(n)]
    return f"Some always win or always lose, or were never compared, so that no scale holds all: {' | '.join(apart)}."


def _design(
    contests: Contests, labels: Sequence[str], base: str, side_effect: bool
) -> tuple[Floats, bool, tuple[str, ...]]:
    others = np.array([label for label in labels if label != base])
    design = (contests.left[:, None] == others).astype(np.float64) - (contests.right[:, None] == others)
    if not side_effect:
        return design, False, ()
    if not contests.left_wins.any() or not contests.right_wins.any():
        return design, False, ("One side won every comparison: no side effect was fitted.",)
    with_side = np.column_stack([design, np.ones(len(design))])
    if np.linalg.matrix_rank(with_side) < with_side.shape[1]:
        return design, False, ("The sides were not balanced over the labels: no side effect could be fitted.",)
    return with_side, True, ()


def _fit(contests: Contests, design: Floats) -> _Fit | None:
    # Imported here: statsmodels brings pandas, which a web process otherwise never loads.
    import statsmodels.api as sm

    counts = np.column_stack([contests.left_wins, contests.right_wins])
    played = counts.sum(axis=1) > 0
    with np.errstate(all="ignore"):
        result = sm.GLM(counts[played], design[played], family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200)
    values, covariance = np.asarray(result.params), np.asarray(result.cov_params())
    if not np.isfinite(covariance).all() or np.abs(values).max(initial=0.0) > _RUNAWAY:
        return None
    about = float(result.deviance), int(result.df_resid), float(result.llf)
    if not contests.clusters:
        return _Fit(values, covariance, None, "bradley_terry", about)
    residual = counts[:, 0] - counts.sum(axis=1) * expit(design @ values)
    covariance, df = _clustered(design * residual[:, None], covariance, contests.clusters)
    return _Fit(values, covariance, df, "bradley_terry_clustered", about)


def _clustered(scores: Floats, bread: Floats, clusters: Sequence[Labels]) -> tuple[Floats, float | None]:
    """Sandwich covariance over one or two ways of clustering, and its degrees of freedom."""
    codes = [np.unique(column, return_inverse=True)[1].reshape(-1) for column in clusters]
    codes = [code for code in codes if code.max() > 0]
    if not codes:
        return bread, None
    meats = [_meat(scores, code) for code in codes]
    if len(codes) == 2:
        both = np.unique(np.stack(codes), axis=1, return_inverse=True)[1].reshape(-1)
        meats.append(-_meat(scores, both))
    covariance = bread @ sum(meats) @ bread
    variances = [np.diag(bread @ meat @ bread) for meat in meats[: len(codes)]]
    # The difference of matrices may fall short of one way of clustering alone: never less than that.
    short = np.diag(covariance) < np.max(variances, axis=0)
    np.fill_diagonal(covariance, np.where(short, np.max(variances, axis=0), np.diag(covariance)))
    return covariance, float(min(code.max() for code in codes))


def _meat(scores: Floats, code: np.ndarray) -> Floats:
    groups = int(code.max()) + 1
    sums = np.zeros((groups, scores.shape[1]))
    np.add.at(sums, code, scores)
    return np.asarray(sums.T @ sums * groups / (groups - 1))


def _estimate(fit: _Fit, place: int, total: float, alpha: float) -> Estimate:
    value, variance = float(fit.values[place]), float(fit.covariance[place, place])
    if not variance > 0:
        return Estimate(value, None, fit.method, round(total), warnings=("No variance: no interval.",))
    error = float(np.sqrt(variance))
    tail = stats.norm if fit.df is None else stats.t(fit.df)
    half = float(tail.ppf(1 - alpha / 2)) * error
    p_value = 2 * float(tail.sf(abs(value) / error))
    interval = Interval(value - half, value + half, 1 - alpha)
    return Estimate(value, interval, fit.method, round(total), standard_error=error, df=fit.df, p_value=p_value)


def _ability(label: str, fit: _Fit, place: int | None, total: float, alpha: float) -> Ability:
    if place is None:
        return Ability(label, *(Estimate(value, None, fit.method, round(total)) for value in (0.0, 0.5)))
    log_odds = _estimate(fit, place, total, alpha)
    return Ability(label, log_odds, _probability(log_odds))


def _probability(log_odds: Estimate) -> Estimate:
    ends = log_odds.interval
    interval = Interval(float(expit(ends.low)), float(expit(ends.high)), ends.level) if ends else None
    return Estimate(float(expit(log_odds.value)), interval, log_odds.method, log_odds.n, df=log_odds.df)


def _unable(labels: Sequence[str], base: str, total: float, reason: str) -> BradleyTerry:
    none = missing("bradley_terry", round(total), reason)
    abilities = tuple(Ability(label, none, none) for label in labels)
    return BradleyTerry(base, abilities, None, None, None, None, total, reason=reason)


def contests_of(table: PairTable, *, clustered: bool = True) -> Contests:
    """The answered comparisons between different labels, one row a comparison, clustered by reader and pair."""
    given = table.answered()
    given = given.where(np.asarray(given.left != given.right))
    clusters = (given.reader, given.pair) if clustered else ()
    return Contests(given.left, given.right, given.chosen, 1 - given.chosen, clusters)
