"""What the results page and the report say, section by section, made from the stored document: text and tables, no markup."""

from __future__ import annotations

from typing import Any

from reader_study.presentation.agreement import agreement
from reader_study.presentation.blinding import blinding
from reader_study.presentation.blocks import Cell, Section, Table
from reader_study.presentation.cells import PERCENT
from reader_study.presentation.comparisons import arms, comparison_sentences, generators
from reader_study.presentation.concordance import concordance
from reader_study.presentation.endpoints import endpoints
from reader_study.presentation.evidence import evidence
from reader_study.presentation.findings import findings
from reader_study.presentation.methods import Methods, appendix, methods_of
from reader_study.presentation.models import models
from reader_study.presentation.order import order, times
from reader_study.presentation.readers import calls, readers
from reader_study.presentation.realism import realism
from reader_study.results.record import Record

_SECTIONS = (endpoints, readers, calls, arms, generators, realism, findings, agreement, times, order, models, blinding,
             evidence, concordance)  # fmt: skip


def sections_of(document: Record) -> list[Section]:
    """The sections between the verdict and the methods; those that the data do not allow are not there."""
    made = (section(document) for section in _SECTIONS)
    return [section for section in made if section is not None]


def verdict_sentences(document: Record) -> list[str]:
    """The verdict, and what arms and generators add to it, each as a sentence to quote; of several arms, these first."""
    primary: Any = document.analysis.primary
    verdict, compared = primary.verdict.sentence.replace(" %", PERCENT), comparison_sentences(document)
    return [*compared, verdict] if primary.random is None else [verdict, *compared]


def outcome_of(document: Record) -> str:
    """The verdict in a word or two; several arms together have none."""
    analysis: Any = document.analysis
    several = analysis.primary.random is None and len(analysis.arms.arms) > 1
    outcome: str = "several arms" if several else analysis.primary.verdict.outcome
    return outcome


__all__ = [
    "Cell",
    "Methods",
    "Section",
    "Table",
    "appendix",
    "methods_of",
    "outcome_of",
    "sections_of",
    "verdict_sentences",
]
