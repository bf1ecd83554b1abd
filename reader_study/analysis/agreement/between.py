"""Agreement between the readers of a study, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reader_study.analysis.agreement.coefficients import conger_kappa, fleiss_kappa, gwet_ac, percent_agreement
from reader_study.analysis.agreement.cohen import cohen_kappa
from reader_study.analysis.agreement.icc import icc
from reader_study.analysis.agreement.kendall import kendall_w
from reader_study.analysis.agreement.krippendorff import krippendorff_alpha
from reader_study.analysis.agreement.matrix import read_matrix
from reader_study.analysis.agreement.weights import ordinal_weights, quadratic_weights
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats, missing

CHANCE_EXPLAINED = (
    "Readers who cannot tell synthetic from real images agree no more than chance: a kappa near 0 is then what one "
    "expects and says nothing against the readers. AC1, which does not collapse when one call prevails, stands beside it."
)
CALLS = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class CallAgreement:
    """Agreement of the calls: percent, Fleiss and Conger kappa, AC1, nominal alpha."""

    percent: Estimate
    fleiss: Estimate
    conger: Estimate
    ac1: Estimate
    alpha_nominal: Estimate


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Agreement of the ratings: AC2 with ordinal and quadratic weights, ordinal and interval alpha, ICC(2,1), (2,k)."""

    ac2_ordinal: Estimate
    ac2_quadratic: Estimate
    alpha_ordinal: Estimate
    alpha_interval: Estimate
    icc_single: Estimate
    icc_mean: Estimate


@dataclass(frozen=True, slots=True)
class RealismAgreement:
    """Agreement of the realism ratings: ordinal alpha, ICC(2,1), (2,k) and Kendall's W."""

    alpha_ordinal: Estimate
    icc_single: Estimate
    icc_mean: Estimate
    kendall_w: Estimate


@dataclass(frozen=True, slots=True)
class PairOfReaders:
    """Two readers over the cases that both read; `weighted_kappa_ratings` has quadratic weights."""

    first: str
    second: str
    n: int
    percent_calls: float | None
    kappa_calls: Estimate
    weighted_kappa_ratings: Estimate


@dataclass(frozen=True, slots=True)
class BetweenReaders:
    """realism is None where it was not asked. explanation: what must stand where a kappa is shown."""

    calls: CallAgreement
    ratings: RatingAgreement
    realism: RealismAgreement | None
    pairs: tuple[PairOfReaders, ...]
    explanation: str = CHANCE_EXPLAINED


@dataclass(frozen=True, slots=True)
class _Bootstrap:
    replicates: int
    seed: int
    alpha: float

    def krippendorff(self, ratings: Floats, level: str) -> Estimate:
        return krippendorff_alpha(ratings, level=level, replicates=self.replicates, seed=self.seed, alpha=self.alpha)


def agreement_between(
    table: RatingTable,
    levels: Sequence[float],
    realism_levels: Sequence[float],
    *,
    alpha: float = 0.05,
    replicates: int = 2000,
    seed: int = 1,
) -> BetweenReaders:
    """Agreement of first readings between readers: calls, ratings (scale `levels`), realism (scale `realism_levels`).

    replicates, seed: of the bootstrap intervals of Krippendorff's alpha. All intervals speak of other cases read by
    these readers. What the data do not allow is a missing estimate with its reason.
    """
    plan = _Bootstrap(replicates, seed, alpha)
    calls, ratings = read_matrix(table, "call"), read_matrix(table, "rating")
    asked = "realism" in table.extra
    return BetweenReaders(
        calls=_calls(calls, plan),
        ratings=_ratings(ratings, levels, plan),
        realism=_realism(_on_scale(read_matrix(table, "realism"), realism_levels), plan) if asked else None,
        pairs=_pairs(table.primary().readers, calls, ratings, levels, alpha),
    )


def _calls(calls: Floats, plan: _Bootstrap) -> CallAgreement:
    return CallAgreement(
        percent=percent_agreement(calls, CALLS, alpha=plan.alpha),
        fleiss=fleiss_kappa(calls, CALLS, alpha=plan.alpha),
        conger=conger_kappa(calls, CALLS, alpha=plan.alpha),
        ac1=gwet_ac(calls, CALLS, alpha=plan.alpha),
        alpha_nominal=plan.krippendorff(calls, "nominal"),
    )


def _ratings(ratings: Floats, levels: Sequence[float], plan: _Bootstrap) -> RatingAgreement:
    continuous = missing("gwet_ac", 0, "The ratings have no levels: AC2 needs a scale of two or more.")
    ordinal = quadratic = continuous
    if len(levels) > 1:
        ordinal = gwet_ac(ratings, levels, weights=ordinal_weights(levels), alpha=plan.alpha)
        quadratic = gwet_ac(ratings, levels, weights=quadratic_weights(levels), alpha=plan.alpha)
    return RatingAgreement(
        ac2_ordinal=ordinal,
        ac2_quadratic=quadratic,
        alpha_ordinal=plan.krippendorff(ratings, "ordinal"),
        alpha_interval=plan.krippendorff(ratings, "interval"),
        icc_single=icc(ratings, "2,1", alpha=plan.alpha),
        icc_mean=icc(ratings, "2,k", alpha=plan.alpha),
    )


def _realism(realism: Floats, plan: _Bootstrap) -> RealismAgreement:
    return RealismAgreement(
        alpha_ordinal=plan.krippendorff(realism, "ordinal"),
        icc_single=icc(realism, "2,1", alpha=plan.alpha),
        icc_mean=icc(realism, "2,k", alpha=plan.alpha),
        kendall_w=kendall_w(realism),
    )


def _on_scale(values: Floats, levels: Sequence[float]) -> Floats:
    """Answers that are no level of the scale ("cannot say") count as missing."""
    return np.where(np.isin(values, levels), values, np.nan) if len(levels) > 1 else values


def _pairs(
    readers: Sequence[str], calls: Floats, ratings: Floats, levels: Sequence[float], alpha: float
) -> tuple[PairOfReaders, ...]:
    return tuple(
        _pair((readers[a], readers[b]), (calls[a], calls[b]), (ratings[a], ratings[b]), (levels, alpha))
        for a, b in combinations(range(len(readers)), 2)
    )


def _pair(
    names: tuple[str, str],
    calls: tuple[Floats, Floats],
    ratings: tuple[Floats, Floats],
    about: tuple[Sequence[float], float],
) -> PairOfReaders:
    levels, alpha = about
    both = ~np.isnan(calls[0]) & ~np.isnan(calls[1])
    n = int(both.sum())
    weighted = missing("cohen_kappa_quadratic", n, "The ratings have no levels.")
    if len(levels) > 1:
        weighted = cohen_kappa(*ratings, levels, weights="quadratic", alpha=alpha)
    return PairOfReaders(
        *names,
        n=n,
        percent_calls=float((calls[0][both] == calls[1][both]).mean()) if n else None,
        kappa_calls=cohen_kappa(*calls, CALLS, alpha=alpha),
        weighted_kappa_ratings=weighted,
    )
