"""Binary and ordinal regression with crossed random effects of readers and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.models.blocks import Crossed
from reader_study.analysis.models.fit import Effects, Fit, fit
from reader_study.analysis.models.laplace import Model
from reader_study.analysis.models.likelihood import Outcome
from reader_study.analysis.models.links import link_of
from reader_study.analysis.models.result import MixedModel, Sizes, Spread, Term, absent, wald
from reader_study.analysis.types import Floats, Ints, Labels

INTERCEPT = "(intercept)"


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length n: the outcome, who read, which case, and the fixed effects by name (without intercept).

    reader or case None: no random effect of it. weight: how often a row counts (successes and failures of a binomial
    count as two rows). slope: name of a fixed effect whose size differs between readers, correlated with their intercept.
    """

    outcome: Floats
    reader: Labels | None
    case: Labels | None
    effects: Mapping[str, Floats] = field(default_factory=dict)
    weight: Floats | None = None
    slope: str | None = None

    def complete(self) -> Rows:
        """Without the rows in which anything is missing."""
        columns = [self.outcome, *self.effects.values()]
        keep = ~np.isnan(np.column_stack(columns)).any(axis=1)
        return Rows(
            self.outcome[keep],
            None if self.reader is None else self.reader[keep],
            None if self.case is None else self.case[keep],
            {name: values[keep] for name, values in self.effects.items()},
            None if self.weight is None else self.weight[keep],
            self.slope,
        )

    def sizes(self) -> Sizes:
        groups = [0 if labels is None else int(np.unique(labels).size) for labels in (self.reader, self.case)]
        return Sizes(int(self.outcome.size), groups[0], groups[1])


def binary_model(rows: Rows, *, name: str, formula: str, link: str = "logit", alpha: float = 0.05) -> MixedModel:
    """P(outcome = 1) = F(x'beta + reader + case), readers and cases normal about 0, by Laplace's approximation.

    link: logit, or probit (the signal-detection model of DeCarlo 1998, Psychol Methods 3:186). The outcome is 0 or 1;
    missing rows are left out. What the data do not allow comes back without estimates and with the reason.
    """
    method = f"glmm_{link}"
    rows = rows.complete()
    try:
        _need_outcomes(rows, 2, "answer")
        level = rows.outcome.astype(np.int64)
        fitted = fit(_model(rows, level, 2, link, intercept=True), _effects(rows))
    except (NotEstimable, np.linalg.LinAlgError) as reason:
        return absent(name, method, formula, rows.sizes(), _words(reason))
    return _result(name, method, formula, rows, fitted, (INTERCEPT, *rows.effects), (), alpha)


def ordinal_model(rows: Rows, *, name: str, formula: str, link: str = "logit", alpha: float = 0.05) -> MixedModel:
    """P(level <= k) = F(cut_k - x'beta - reader - case): the cumulative link mixed model, by Laplace's approximation.

    The levels are those that were used, in order; the size of a level's number does not matter. Positive coefficients mean
    higher levels (McCullagh 1980, J R Stat Soc B 42:109). What the data do not allow comes back with the reason.
    """
    method = f"clmm_{link}"
    rows = rows.complete()
    try:
        levels = _need_outcomes(rows, 3, "level")
        level = np.searchsorted(levels, rows.outcome).astype(np.int64)
        fitted = fit(_model(rows, level, levels.size, link, intercept=False), _effects(rows))
    except (NotEstimable, np.linalg.LinAlgError) as reason:
        return absent(name, method, formula, rows.sizes(), _words(reason))
    cuts = tuple(f"{low:g}|{high:g}" for low, high in zip(levels[:-1], levels[1:], strict=True))
    return _result(name, method, formula, rows, fitted, tuple(rows.effects), cuts, alpha)


def _need_outcomes(rows: Rows, least: int, what: str) -> Floats:
    levels = np.unique(rows.outcome)
    if not levels.size:
        raise NotEstimable("There are no reads for this model.")
    if levels.size == 1:
        raise NotEstimable(f"Every read has the same {what}: the model has no finite estimate.")
    if levels.size < least:
        raise NotEstimable("Only two levels were used: the binary model serves them.")
    return levels


def _effects(rows: Rows) -> Effects:
    """A group with one member, or of which every member was seen once, has no variance that could be told apart."""
    sizes = rows.sizes()
    repeated = rows.weight is not None or sizes.n_cases < sizes.n
    return Effects(readers=sizes.n_readers > 1, cases=sizes.n_cases > 1 and repeated)


def _model(rows: Rows, level: Ints, n_levels: int, link: str, *, intercept: bool) -> Model:
    n = rows.outcome.size
    columns = [*([np.ones(n)] if intercept else []), *rows.effects.values()]
    design = np.column_stack(columns) if columns else np.empty((n, 0))
    _need_rank(design, intercept)
    weight = np.ones(n) if rows.weight is None else rows.weight
    return Model(design, Outcome(level, weight, n_levels, link_of(link)), crossed(rows))


def crossed(rows: Rows) -> Crossed:
    """Who read what, as codes; a group that is absent has one member."""
    n = rows.outcome.size
    reader, n_readers = _codes(rows.reader, n)
    case, n_cases = _codes(rows.case, n)
    own = [np.ones(n)] + ([rows.effects[rows.slope]] if rows.slope else [])
    return Crossed(reader, case, n_readers, n_cases, np.column_stack(own))


def _codes(labels: Labels | None, n: int) -> tuple[Ints, int]:
    if labels is None:
        return np.zeros(n, np.int64), 1
    names, codes = np.unique(labels, return_inverse=True)
    return codes.astype(np.int64), int(names.size)


def _need_rank(design: Floats, intercept: bool) -> None:
    full = design if intercept else np.column_stack([np.ones(len(design)), design])
    if np.linalg.matrix_rank(full) < full.shape[1]:
        raise NotEstimable("An effect of this model does not vary among the reads, or repeats another.")


def _result(
    name: str,
    method: str,
    formula: str,
    rows: Rows,
    fitted: Fit,
    names: tuple[str, ...],
    cuts: tuple[str, ...],
    alpha: float,
) -> MixedModel:
    sizes = rows.sizes()
    if fitted.separated:
        reason = "An effect separates the answers completely: the model has no finite estimate."
        return absent(name, method, formula, sizes, reason)
    values = np.concatenate([fitted.parameters.beta, fitted.parameters.cuts[: len(cuts)]])
    variances = np.diag(fitted.covariance)
    terms = tuple(
        Term(label, wald(float(value), float(variance), method, sizes, alpha))
        for label, value, variance in zip((*names, *cuts), values, variances, strict=True)
    )
    return MixedModel(
        name=name,
        method=method,
        formula=formula,
        terms=terms[: len(names)],
        cuts=terms[len(names) :],
        spreads=spreads(rows, fitted),
        log_likelihood=fitted.log_likelihood,
        aic=2 * fitted.n_parameters - 2 * fitted.log_likelihood,
        n=sizes.n,
        n_readers=sizes.n_readers,
        n_cases=sizes.n_cases,
        converged=fitted.converged,
        warnings=_warnings(fitted),
    )


def spreads(rows: Rows, fitted: Fit) -> tuple[Spread, ...]:
    """Standard deviations of the random effects that the rows have."""
    found = []
    if rows.reader is not None:
        deviations = np.sqrt((fitted.parameters.lower**2).sum(axis=1))
        labels = (INTERCEPT, *([rows.slope] if rows.slope else []))
        found += [
            Spread("reader", label, float(value), fitted.readers_at_zero)
            for label, value in zip(labels, deviations, strict=True)
        ]
    if rows.case is not None:
        found.append(Spread("case", INTERCEPT, fitted.parameters.scale, fitted.cases_at_zero))
    return tuple(found)


def _warnings(fitted: Fit) -> tuple[str, ...]:
    texts = {
        "The search did not settle: read these numbers with care.": not fitted.converged,
        "Readers differ no more than chance allows: their variance is estimated as 0.": fitted.readers_at_zero,
        "Cases differ no more than chance allows: their variance is estimated as 0.": fitted.cases_at_zero,
    }
    return tuple(text for text, holds in texts.items() if holds)


def _words(reason: Exception) -> str:
    return str(reason) if isinstance(reason, NotEstimable) else "The fit of this model failed numerically."
