"""Maximising a Laplace likelihood: standard deviations, fixed effects and cuts together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from reader_study.analysis.models.laplace import Gradient, Laplace, Model, Parameters
from reader_study.analysis.types import Flags, Floats

# The likelihood is flat in a standard deviation at 0, so that a search that touched 0 would stay there. It may go down to
# SMALL; what ends there is set to 0 and the rest fitted again.
SMALL = 1e-3
START = 0.5
# A fixed effect that runs so far, or is known so badly, in units of the link, is separation and not an estimate.
LARGE = 15.0
LARGEST_VARIANCE = 2500.0


@dataclass(frozen=True, slots=True)
class Effects:
    """Which variances are estimated: of `readers` (with their covariates) and of `cases`."""

    readers: bool = True
    cases: bool = True


@dataclass(frozen=True, slots=True)
class Fit:
    """covariance: of (beta, cuts), from the observed information of all free parameters. at_zero: variances set to 0."""

    parameters: Parameters
    log_likelihood: float
    covariance: Floats
    n_parameters: int
    converged: bool
    separated: bool
    readers_at_zero: bool
    cases_at_zero: bool


class _Coordinates:
    """Parameters as one vector: free entries of `lower`, the cases' scale, beta, then first cut and log gaps."""

    def __init__(self, model: Model, effects: Effects) -> None:
        self.r, self.p = model.crossed.r, model.design.shape[1]
        self.n_cuts = model.outcome.n_levels - 1 if model.outcome.n_levels > 2 else 0
        self.effects = effects
        self.entries = np.tril_indices(self.r) if effects.readers else (np.empty(0, int), np.empty(0, int))
        self.n_spread = self.entries[0].size + int(effects.cases)

    def unpack(self, x: Floats, *, gaps: bool = True) -> Parameters:
        lower = np.zeros((self.r, self.r))
        lower[self.entries] = x[: self.entries[0].size]
        scale = float(x[self.n_spread - 1]) if self.effects.cases else 0.0
        beta = x[self.n_spread : self.n_spread + self.p]
        return Parameters(lower, scale, beta, self._cuts(x[self.n_spread + self.p :], gaps))

    def _cuts(self, rest: Floats, gaps: bool) -> Floats:
        if not self.n_cuts:
            return np.zeros(1)
        return np.cumsum(np.concatenate([rest[:1], np.exp(rest[1:])])) if gaps else rest

    def pack(self, slope: Gradient, x: Floats, *, gaps: bool = True) -> Floats:
        """The gradient by the entries of `x`."""
        cuts = slope.cuts if self.n_cuts else np.empty(0)
        if gaps and self.n_cuts:
            behind = np.cumsum(cuts[::-1])[::-1]
            cuts = np.concatenate([behind[:1], behind[1:] * np.exp(x[self.n_spread + self.p + 1 :])])
        scale = [slope.scale] if self.effects.cases else []
        return np.concatenate([slope.lower[self.entries], scale, slope.beta, cuts])

    def plain(self, x: Floats) -> Floats:
        """`x` with cuts in place of gaps."""
        head = x[: self.n_spread + self.p]
        return np.concatenate([head, self._cuts(x[self.n_spread + self.p :], True)]) if self.n_cuts else x

    def bounds(self) -> list[tuple[float | None, float | None]]:
        rows, columns = self.entries
        spread = [(SMALL, None) if a == b else (None, None) for a, b in zip(rows, columns, strict=True)]
        spread += [(SMALL, None)] * int(self.effects.cases)
        cuts = [(-4 * LARGE, 4 * LARGE)] + [(-12.0, 4.0)] * (self.n_cuts - 1) if self.n_cuts else []
        return [*spread, *[(-4 * LARGE, 4 * LARGE)] * self.p, *cuts]

    def start(self, model: Model) -> Floats:
        rows, columns = self.entries
        spread = np.concatenate([np.where(rows == columns, START, 0.0), [START] * int(self.effects.cases)])
        beta = np.zeros(self.p)
        if not self.n_cuts:
            return np.concatenate([spread, beta])
        share = np.cumsum(np.bincount(model.outcome.level, model.outcome.weight, self.n_cuts + 1))[:-1]
        share = np.clip(share / model.outcome.weight.sum(), 1e-3, 1 - 1e-3)
        cuts = 1.3 * np.log(share / (1 - share)) + 1e-3 * np.arange(self.n_cuts)
        return np.concatenate([spread, beta, cuts[:1], np.log(np.maximum(np.diff(cuts), 1e-3))])


def fit(model: Model, effects: Effects) -> Fit:
    """The maximum of the Laplace likelihood over all parameters, with their observed information.

    Limited-memory BFGS on analytic gradients, then Newton steps with the Hessian by central differences of the gradient.
    A variance that ends at its lower bound is set to 0 and the others are fitted anew: its estimate is then 0.
    """
    found = _search(model, effects)
    readers_at_zero = effects.readers and bool(np.abs(found.parameters.lower).max() < 2 * SMALL)
    cases_at_zero = effects.cases and found.parameters.scale < 2 * SMALL
    if not (readers_at_zero or cases_at_zero):
        return found
    rest = fit(model, Effects(effects.readers and not readers_at_zero, effects.cases and not cases_at_zero))
    return Fit(
        rest.parameters,
        rest.log_likelihood,
        rest.covariance,
        # A variance at its boundary is a parameter still.
        found.n_parameters,
        rest.converged,
        rest.separated,
        readers_at_zero or rest.readers_at_zero,
        cases_at_zero or rest.cases_at_zero,
    )


def _search(model: Model, effects: Effects) -> Fit:
    likelihood, space = Laplace(model), _Coordinates(model, effects)

    def loss(x: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(space.unpack(x))
        return -value, -space.pack(slope, x)

    options = {"maxiter": 300, "ftol": 1e-11, "gtol": 1e-5}
    found = optimize.minimize(
        loss, space.start(model), jac=True, method="L-BFGS-B", bounds=space.bounds(), options=options
    )
    x, hessian, settled = _polish(likelihood, space, space.plain(np.asarray(found.x)))
    parameters = space.unpack(x, gaps=False)
    covariance = _covariance(hessian, space)
    return Fit(
        parameters=parameters,
        log_likelihood=likelihood(parameters)[0],
        covariance=covariance,
        n_parameters=x.size,
        converged=bool(found.success or settled),
        separated=_is_separated(parameters.beta, covariance),
        readers_at_zero=False,
        cases_at_zero=False,
    )


def _is_separated(beta: Floats, covariance: Floats) -> bool:
    variances = np.diag(covariance)[: beta.size]
    return bool(np.abs(beta).max(initial=0.0) > LARGE or variances.max(initial=0.0) > LARGEST_VARIANCE)


def _polish(likelihood: Laplace, space: _Coordinates, x: Floats) -> tuple[Floats, Floats, bool]:
    """Newton steps in the plain coordinates, as long as they raise the likelihood; the Hessian at the end."""
    value = likelihood(space.unpack(x, gaps=False))[0]
    hessian = _hessian(likelihood, space, x)
    for _ in range(3):
        free = _free(space, x)
        slope = space.pack(likelihood(space.unpack(x, gaps=False))[1], x, gaps=False)
        step = np.zeros_like(x)
        step[free] = -np.linalg.lstsq(hessian[np.ix_(free, free)], slope[free], rcond=None)[0]
        if np.abs(step).max(initial=0.0) < 1e-6:
            return x, hessian, True
        moved = x + step
        if not _usable(space, moved):
            break
        reached = likelihood(space.unpack(moved, gaps=False))[0]
        if not reached >= value - 1e-9:
            break
        x, value = moved, reached
        # After a short step the Hessian has not moved by more than its differences are good for.
        if np.abs(step).max() > 1e-3:
            hessian = _hessian(likelihood, space, x)
    return x, hessian, False


def _free(space: _Coordinates, x: Floats) -> Flags:
    """Entries not at a lower bound."""
    low = np.array([-np.inf if bound[0] is None else bound[0] for bound in space.bounds()])
    low[space.n_spread :] = -np.inf
    return np.asarray(x > low + 1e-9)


def _usable(space: _Coordinates, x: Floats) -> bool:
    at = space.unpack(x, gaps=False)
    spread = [*np.diag(at.lower)] if space.effects.readers else []
    spread += [at.scale] if space.effects.cases else []
    return bool(all(value >= SMALL for value in spread) and (np.diff(at.cuts) > 0).all())


def _hessian(likelihood: Laplace, space: _Coordinates, x: Floats) -> Floats:
    columns = []
    for index in range(x.size):
        step = 1e-4 * max(1.0, abs(x[index]))
        sides = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[index] += sign * step
            sides.append(space.pack(likelihood(space.unpack(moved, gaps=False))[1], moved, gaps=False))
        columns.append((sides[0] - sides[1]) / (2 * step))
    hessian = np.array(columns)
    return np.asarray((hessian + hessian.T) / 2)


def _covariance(hessian: Floats, space: _Coordinates) -> Floats:
    """Of (beta, cuts); NaN where the information is not positive definite."""
    start = space.n_spread
    try:
        np.linalg.cholesky(-hessian)
    except np.linalg.LinAlgError:
        fixed = -hessian[start:, start:]
        return np.asarray(np.linalg.pinv(fixed)) if np.isfinite(fixed).all() else np.full_like(fixed, np.nan)
    return np.asarray(np.linalg.inv(-hessian)[start:, start:])
