"""The name, words and source of every method that a result may carry: one file a family."""

from typing import Any

from reader_study.analysis.methods import (
    agreement,
    concordance,
    findings,
    models,
    mrmc,
    pairs,
    power,
    readers,
    sequential,
)
from reader_study.analysis.methods.method import Method

_FAMILIES = (mrmc, readers, agreement, findings, models, pairs, sequential, power, concordance)
METHODS: dict[str, Method] = {name: method for family in _FAMILIES for name, method in family.METHODS.items()}


def family_of(name: str) -> str:
    """The family that a method belongs to, by the name of its file; "" for one that is not known."""
    return next((family.__name__.rpartition(".")[2] for family in _FAMILIES if name in family.METHODS), "")


def methods_in(value: Any) -> dict[str, Method]:
    """The methods that results (as plain values) carry wherever they stand, in the order of the registry."""
    used = _names_in(value)
    return {name: method for name, method in METHODS.items() if name in used}


def _names_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_names_in, value))
    if not isinstance(value, dict):
        return set()
    own = {value[name] for name in ("method", "covariance") if isinstance(value.get(name), str)}
    return own.union(*map(_names_in, value.values()))


__all__ = ["METHODS", "Method", "family_of", "methods_in"]
