"""Linear regression with crossed random effects of readers and cases, for the logarithm of reading times."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.models.blocks import Crossed, Information
from reader_study.analysis.models.mixed import INTERCEPT, Rows, crossed
from reader_study.analysis.models.result import MixedModel, Spread, Term, absent, wald
from reader_study.analysis.types import Floats

_LARGEST = 50.0


@dataclass(frozen=True, slots=True)
class _Profile:
    """Everything at one pair of relative deviations: deviance, fixed effects, residual variance, X'V^-1X (scaled)."""

    deviance: float
    beta: Floats
    variance: float
    information: Floats


def linear_model(rows: Rows, *, name: str, formula: str, restricted: bool = True, alpha: float = 0.05) -> MixedModel:
    """y = x'beta + reader + case + error, all normal; restricted (REML) or full maximum likelihood.

    Fixed effects and residual variance are profiled out, which leaves the two relative standard deviations (Bates,
    Maechler, Bolker and Walker 2015, J Stat Softw 67:1). Wald intervals. Missing rows are left out.
    """
    method = "lmm_reml" if restricted else "lmm_ml"
    rows = rows.complete()
    try:
        return _fitted(rows, name, method, formula, restricted, alpha)
    except (NotEstimable, np.linalg.LinAlgError) as reason:
        text = str(reason) if isinstance(reason, NotEstimable) else "The fit of this model failed numerically."
        return absent(name, method, formula, rows.sizes(), text)


def _fitted(rows: Rows, name: str, method: str, formula: str, restricted: bool, alpha: float) -> MixedModel:
    design = np.column_stack([np.ones(rows.outcome.size), *rows.effects.values()])
    _check(rows, design)
    engine = _Deviance(design, rows.outcome, crossed(rows), restricted)
    readers, cases = _search(engine, rows)
    best = engine(readers, cases)
    sizes = rows.sizes()
    covariance = best.variance * np.linalg.inv(best.information)
    terms = tuple(
        Term(label, wald(float(value), float(variance), method, sizes, alpha))
        for label, value, variance in zip((INTERCEPT, *rows.effects), best.beta, np.diag(covariance), strict=True)
    )
    sigma = math.sqrt(best.variance)
    return MixedModel(
        name=name,
        method=method,
        formula=formula,
        terms=terms,
        cuts=(),
        spreads=(
            Spread("reader", INTERCEPT, readers * sigma, readers == 0),
            Spread("case", INTERCEPT, cases * sigma, cases == 0),
            Spread("residual", "", sigma),
        ),
        log_likelihood=-best.deviance / 2,
        aic=best.deviance + 2 * (design.shape[1] + 3),
        n=sizes.n,
        n_readers=sizes.n_readers,
        n_cases=sizes.n_cases,
        converged=True,
    )


def _check(rows: Rows, design: Floats) -> None:
    if rows.outcome.size <= design.shape[1] + 2:
        raise NotEstimable("There are too few reads for this model.")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise NotEstimable("An effect of this model does not vary among the reads, or repeats another.")
    rest = rows.outcome - design @ np.linalg.lstsq(design, rows.outcome, rcond=None)[0]
    if float(rest @ rest) < 1e-20 * max(1.0, float(rows.outcome @ rows.outcome)):
        raise NotEstimable(
            "The outcome does not vary beyond what the fixed effects say: there is no variance to model."
        )


class _Deviance:
    """The profiled deviance as a function of the readers' and the cases' deviations, relative to the residual's."""

    def __init__(self, design: Floats, outcome: Floats, who: Crossed, restricted: bool) -> None:
        self.who, self.restricted = who, restricted
        self.columns = np.column_stack([design, outcome])
        self.by_reader = np.column_stack([who.to_readers(column) for column in self.columns.T])
        self.by_case = np.column_stack([who.to_cases(column) for column in self.columns.T])
        self.products = self.columns.T @ self.columns
        self.pair, self.weight = who.pair, np.ones(len(outcome))

    def __call__(self, readers: float, cases: float) -> _Profile:
        rows = np.full((len(self.weight), 1), readers)
        block = Information(self.who, rows, cases, self.weight, self.pair)
        top, bottom = readers * self.by_reader, cases * self.by_case
        solved = [block.solve(top[:, c], bottom[:, c]) for c in range(top.shape[1])]
        reduced = self.products - np.array([top.T @ one[0] + bottom.T @ one[1] for one in solved])
        p = len(reduced) - 1
        factor = linalg.cho_factor(reduced[:p, :p], lower=True)
        beta = linalg.cho_solve(factor, reduced[:p, p])
        n, rest = len(self.weight), float(reduced[p, p] - reduced[:p, p] @ beta)
        free = n - p if self.restricted else n
        variance = max(rest, 1e-300) / free
        deviance = block.log_determinant() + free * (1 + math.log(2 * math.pi * variance))
        if self.restricted:
            deviance += 2 * float(np.log(np.diag(factor[0])).sum())
        return _Profile(deviance, beta, variance, reduced[:p, :p])


def _search(engine: _Deviance, rows: Rows) -> tuple[float, float]:
    """The two deviations of lowest deviance; one that does no better than 0 is 0."""
    sizes = rows.sizes()
    use = (sizes.n_readers > 1, 1 < sizes.n_cases < sizes.n)
    best = min((_descend(engine, start, use) for start in ((0.5, 0.5), (0.1, 1.0))), key=lambda found: found[0])
    value, at = best
    for index in range(2):
        without = [0.0 if place == index else at[place] for place in range(2)]
        if at[index] > 0 and engine(*without).deviance <= value + 1e-7:
            at = without
    return at[0], at[1]


def _descend(engine: _Deviance, start: tuple[float, float], use: tuple[bool, bool]) -> tuple[float, list[float]]:
    free = [index for index in range(2) if use[index]]

    def spread(x: Floats) -> list[float]:
        at = [0.0, 0.0]
        for place, value in zip(free, x, strict=True):
            at[place] = float(value)
        return at

    def loss(x: Floats) -> float:
        return engine(*spread(x)).deviance

    if not free:
        return loss(np.empty(0)), [0.0, 0.0]
    first = np.array([start[index] for index in free])
    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 400}
    found = optimize.minimize(loss, first, method="Nelder-Mead", bounds=[(0.0, _LARGEST)] * len(free), options=options)
    return float(found.fun), spread(found.x)
