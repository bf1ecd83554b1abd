"""Link functions of binary and ordinal models, with the derivatives that a Laplace approximation takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Floats

_ROOT = np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True)
class Tails:
    """A symmetric distribution at some points: P(X <= x) and P(X > x), each without loss of digits, f, f' and f''."""

    below: Floats
    above: Floats
    density: Floats
    slope: Floats
    curve: Floats


@dataclass(frozen=True, slots=True)
class Link:
    """The distribution behind a link, evaluated by `at`."""

    name: str
    at: Callable[[Floats], Tails]


def link_of(name: str) -> Link:
    """The link called `name`: logit or probit."""
    if name not in _LINKS:
        raise AnalysisError(f"Unknown link {name!r}: choose logit or probit.")
    return _LINKS[name]


def _logistic(x: Floats) -> Tails:
    # One exponential serves both tails and all derivatives.
    e = np.exp(-np.abs(x))
    large = 1 / (1 + e)
    small = e * large
    right = x > 0
    below, above = np.where(right, large, small), np.where(right, small, large)
    f = small * large
    return Tails(below, above, f, f * (above - below), f * (1 - 6 * f))


def _normal(x: Floats) -> Tails:
    f = np.exp(-0.5 * x * x) / _ROOT
    return Tails(special.ndtr(x), special.ndtr(-x), f, -x * f, (x * x - 1) * f)


_LINKS = {"logit": Link("logit", _logistic), "probit": Link("probit", _normal)}
