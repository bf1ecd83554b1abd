"""The Laplace approximation of a mixed model's likelihood, with its exact gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.models.blocks import Crossed, Information
from reader_study.analysis.models.likelihood import Curves, Outcome, Slopes, curves, expected, slopes
from reader_study.analysis.types import Floats

_STEPS = 60
_CLOSE = 1e-11


@dataclass(frozen=True, slots=True)
class Parameters:
    """lower: (r, r) lower triangle scaling the readers' effects; scale: of the cases'; beta (p,); cuts (K-1,)."""

    lower: Floats
    scale: float
    beta: Floats
    cuts: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """Fixed effects `design` (n, p), the outcome, and who read what."""

    design: Floats
    outcome: Outcome
    crossed: Crossed


@dataclass(frozen=True, slots=True)
class Gradient:
    """Derivatives of the log-likelihood in the shapes of `Parameters`."""

    lower: Floats
    scale: float
    beta: Floats
    cuts: Floats


@dataclass(frozen=True, slots=True)
class _Mode:
    """Where the conditional density of the spherical effects peaks: readers (J, r), cases (K,)."""

    readers: Floats
    cases: Floats
    eta: Floats
    slopes: Slopes
    rows: Floats
    observed: Information


class Laplace:
    """Log-likelihood of `model` as a function of its parameters; every call starts at the mode that the last one found.

    l = log p(y | u) - u'u/2 - log|H|/2 at the mode of u, where b = (lower u_reader, scale u_case) and H = A'WA + I
    (Bates, Maechler, Bolker and Walker 2015, J Stat Softw 67:1). W is the observed information, for the binary probit the
    expected one. The gradient follows the mode through the implicit function theorem: one further solve in all.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        crossed = model.crossed
        self._pair = crossed.pair
        self._readers = np.zeros((crossed.n_readers, crossed.r))
        self._cases = np.zeros(crossed.n_cases)

    def __call__(self, at: Parameters) -> tuple[float, Gradient]:
        """The log-likelihood and its gradient; the mode is kept for the next call."""
        mode = self._find_mode(at)
        weight, slope = self._weights(mode)
        fisher = self.model.outcome.fisher
        information = self._information(mode.rows, at, weight) if fisher else mode.observed
        value = self._height(mode.slopes, mode.readers, mode.cases) - 0.5 * information.log_determinant()
        third = curves(self.model.outcome, mode.slopes)
        return value, self._gradient(at, mode, information, weight, third.by_eta if slope is None else slope, third)

    def _weights(self, mode: _Mode) -> tuple[Floats, Floats | None]:
        if self.model.outcome.fisher:
            return expected(self.model.outcome, mode.eta)
        return mode.slopes.information, None

    def _information(self, rows: Floats, at: Parameters, weight: Floats) -> Information:
        return Information(self.model.crossed, rows, at.scale, weight, self._pair)

    def _eta(self, at: Parameters, rows: Floats, readers: Floats, cases: Floats) -> Floats:
        crossed = self.model.crossed
        own = (rows * readers[crossed.reader]).sum(axis=1)
        return np.asarray(self.model.design @ at.beta + own + at.scale * cases[crossed.case])

    @staticmethod
    def _height(at: Slopes, readers: Floats, cases: Floats) -> float:
        return float(at.log_p.sum() - 0.5 * (readers**2).sum() - 0.5 * (cases**2).sum())

    def _find_mode(self, at: Parameters) -> _Mode:
        """Newton's method with step halving: the conditional log density is concave for both links."""
        rows = self.model.crossed.covariates @ at.lower
        readers, cases = self._readers, self._cases
        mode = self._at(at, rows, readers, cases)
        height = self._height(mode.slopes, readers, cases)
        for _ in range(_STEPS):
            top, bottom = self._uphill(at, mode)
            step = mode.observed.solve(top.ravel(), bottom)
            gain = float(top.ravel() @ step[0] + bottom @ step[1])
            mode, height = self._advance(at, mode, height, step)
            if gain < _CLOSE * (1 + abs(height)):
                break
        self._readers, self._cases = mode.readers, mode.cases
        return mode

    def _at(self, at: Parameters, rows: Floats, readers: Floats, cases: Floats) -> _Mode:
        eta = self._eta(at, rows, readers, cases)
        found = slopes(self.model.outcome, eta, at.cuts)
        return _Mode(readers, cases, eta, found, rows, self._information(rows, at, found.information))

    def _uphill(self, at: Parameters, mode: _Mode) -> tuple[Floats, Floats]:
        crossed, score = self.model.crossed, mode.slopes.score
        top = np.stack([crossed.to_readers(score * mode.rows[:, t]) for t in range(crossed.r)], axis=1)
        return top - mode.readers, at.scale * crossed.to_cases(score) - mode.cases

    def _advance(self, at: Parameters, mode: _Mode, height: float, step: tuple[Floats, Floats]) -> tuple[_Mode, float]:
        share = 1.0
        for _ in range(30):
            readers = mode.readers + share * step[0].reshape(mode.readers.shape)
            cases = mode.cases + share * step[1]
            moved = self._at(at, mode.rows, readers, cases)
            reached = self._height(moved.slopes, readers, cases)
            if reached >= height - 1e-9 * (1 + abs(height)):
                return moved, reached
            share /= 2
        return mode, height

    def _gradient(
        self, at: Parameters, mode: _Mode, information: Information, weight: Floats, slope: Floats, third: Curves
    ) -> Gradient:
        """dl = df - d log|H| / 2; `slope` (n,) is the derivative of the weight by eta."""
        crossed = self.model.crossed
        by_reader, by_case = self._leverages(at, mode, information)
        leverage = (mode.rows * by_reader).sum(axis=1) + at.scale * by_case
        # How the determinant feels the mode move: one solve serves every parameter.
        pull = slope * leverage
        top = np.stack([crossed.to_readers(pull * mode.rows[:, t]) for t in range(crossed.r)], axis=1)
        moved = mode.observed.solve(top.ravel(), at.scale * crossed.to_cases(pull))
        readers, cases = moved[0].reshape(top.shape), moved[1]
        follow = (mode.rows * readers[crossed.reader]).sum(axis=1) + at.scale * cases[crossed.case]
        score = mode.slopes.score
        along = score - 0.5 * (pull - follow * mode.slopes.information)
        return Gradient(
            lower=self._by_lower(
                along, mode, weight[:, None] * by_reader + 0.5 * score[:, None] * readers[crossed.reader]
            ),
            scale=float(
                along @ mode.cases[crossed.case] - (weight * by_case + 0.5 * score * cases[crossed.case]).sum()
            ),
            beta=np.asarray(self.model.design.T @ along),
            cuts=self._by_cuts(at, mode, third, leverage, follow),
        )

    def _leverages(self, at: Parameters, mode: _Mode, information: Information) -> tuple[Floats, Floats]:
        """H^-1 a_i at the row's own reader (n, r) and case (n,)."""
        crossed = self.model.crossed
        j, k, r = crossed.n_readers, crossed.n_cases, crossed.r
        top, mixed, cases = information.inverse()
        every = np.arange(j)
        own = top.reshape(j, r, j, r)[every, :, every, :]
        between = mixed.reshape(j, r, k)[crossed.reader, :, crossed.case]
        by_reader = (own[crossed.reader] * mode.rows[:, None, :]).sum(axis=2) + at.scale * between
        return by_reader, (between * mode.rows).sum(axis=1) + at.scale * cases[crossed.case]

    def _by_lower(self, along: Floats, mode: _Mode, rest: Floats) -> Floats:
        crossed = self.model.crossed
        effects = along[:, None] * mode.readers[crossed.reader] - rest
        return np.asarray(np.tril(crossed.covariates.T @ effects))

    def _by_cuts(self, at: Parameters, mode: _Mode, third: Curves, leverage: Floats, follow: Floats) -> Floats:
        outcome = self.model.outcome
        weight = outcome.weight
        upper = weight * mode.slopes.upper[0] - 0.5 * (third.by_upper * leverage + third.score_by_upper * follow)
        lower = weight * mode.slopes.lower[0] - 0.5 * (third.by_lower * leverage + third.score_by_lower * follow)
        by_level = np.bincount(outcome.level, upper, outcome.n_levels)[:-1]
        return np.asarray(by_level + np.bincount(outcome.level, lower, outcome.n_levels)[1:])
