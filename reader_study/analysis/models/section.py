"""The mixed models of a study: accuracy, signal detection, ratings and realism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reader_study.analysis.models.mixed import INTERCEPT, Rows, binary_model, ordinal_model
from reader_study.analysis.models.result import MixedModel, Sizes, absent, exponentiated, rescaled
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats

# Above this many distinct values a scale is no longer one of levels.
MOST_LEVELS = 20
_RANDOM = "(1 | reader) + (1 | case)"


@dataclass(frozen=True, slots=True)
class Models:
    """accuracy: of the calls. detection: its slope is d', its negated intercept the criterion. rating, realism: ordinal.

    d_prime and criterion are those of a typical reader on a typical case: larger than from pooled counts. The odds ratio
    is that of a synthetic image being rated one level or more higher in realism than a real one.
    """

    accuracy: MixedModel
    detection: MixedModel
    d_prime: Estimate | None
    criterion: Estimate | None
    rating: MixedModel
    realism: MixedModel
    realism_odds_ratio: Estimate | None


def models_section(table: RatingTable, *, alpha: float = 0.05) -> Models:
    """Every mixed model of the first readings; several arms enter as fixed effects.

    A model that the data do not allow comes back without estimates and with the reason.
    """
    first = table.primary()
    arms, words = arm_effects(first)
    accuracy = binary_model(
        rows_of(first, correct(first), arms),
        name="accuracy",
        formula=f"correct ~ 1{words} + {_RANDOM}",
        alpha=alpha,
    )
    detection = binary_model(
        rows_of(first, first.call, {"truth": np.asarray(first.truth - 0.5), **arms}),
        name="signal detection",
        formula=f"call ~ (truth - 1/2){words} + {_RANDOM}",
        link="probit",
        alpha=alpha,
    )
    realism = _ordinal(first, "realism", "logit", arms, words, alpha)
    return Models(
        accuracy=accuracy,
        detection=detection,
        d_prime=_renamed(detection, "truth", 1.0, "glmm_d_prime"),
        criterion=_renamed(detection, INTERCEPT, -1.0, "glmm_criterion"),
        rating=_ordinal(first, "rating", "probit", arms, words, alpha),
        realism=realism,
        realism_odds_ratio=_odds_ratio(realism),
    )


def correct(table: RatingTable) -> Floats:
    """(n,) 1 where the call is right, 0 where it is wrong, NaN where there is none."""
    return np.asarray(np.where(np.isnan(table.call), np.nan, table.call == table.truth))


def rows_of(table: RatingTable, outcome: Floats, effects: Mapping[str, Floats]) -> Rows:
    """Rows of a model of `outcome` with random readers and cases."""
    return Rows(outcome, table.reader, table.case, effects)


def arm_effects(table: RatingTable) -> tuple[dict[str, Floats], str]:
    """Indicators of every arm but the first, and how they stand in a formula; nothing where there is one arm."""
    arms = table.arms
    indicators = {f"arm {arm}": (table.arm == arm).astype(np.float64) for arm in arms[1:]}
    return indicators, " + arm" if len(arms) > 1 else ""


def _ordinal(
    table: RatingTable, column: str, link: str, arms: Mapping[str, Floats], words: str, alpha: float
) -> MixedModel:
    formula = f"{column} ~ truth{words} + {_RANDOM}"
    if column != "rating" and column not in table.extra:
        return absent(column, f"clmm_{link}", formula, Sizes(0, 0, 0), f"No {column} was asked.")
    rows = rows_of(table, table.column(column), {"truth": table.truth.astype(np.float64), **arms})
    levels = np.unique(rows.complete().outcome).size
    if levels > MOST_LEVELS:
        reason = f"This scale has {levels} distinct values: a model of levels does not serve it."
        return absent(column, f"clmm_{link}", formula, rows.sizes(), reason)
    return ordinal_model(rows, name=column, formula=formula, link=link, alpha=alpha)


def _renamed(model: MixedModel, term: str, factor: float, method: str) -> Estimate | None:
    found = model.term(term)
    return None if found is None else rescaled(found, factor, method)


def _odds_ratio(model: MixedModel) -> Estimate | None:
    found = model.term("truth")
    return None if found is None else exponentiated(found, "clmm_odds_ratio")
