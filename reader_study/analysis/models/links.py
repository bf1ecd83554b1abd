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
class Link:
    """A symmetric distribution F: `cdf`, and `densities` giving f, f' and f''. All take and return arrays of one shape."""

    name: str
    cdf: Callable[[Floats], Floats]
    densities: Callable[[Floats], tuple[Floats, Floats, Floats]]


def link_of(name: str) -> Link:
    """The link called `name`: logit or probit."""
    if name not in _LINKS:
        raise AnalysisError(f"Unknown link {name!r}: choose logit or probit.")
    return _LINKS[name]


def _logistic(x: Floats) -> tuple[Floats, Floats, Floats]:
    p = special.expit(x)
    f = p * special.expit(-x)
    return f, f * (1 - 2 * p), f * (1 - 6 * f)


def _normal(x: Floats) -> tuple[Floats, Floats, Floats]:
    f = np.exp(-0.5 * x * x) / _ROOT
    return f, -x * f, (x * x - 1) * f


_LINKS = {
    "logit": Link("logit", special.expit, _logistic),
    "probit": Link("probit", special.ndtr, _normal),
}
