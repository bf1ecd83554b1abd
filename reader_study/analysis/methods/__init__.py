"""The name, words and source of every method that a result may carry: one file a family."""

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

__all__ = ["METHODS", "Method"]
