"""Reader-study statistics: pure functions over arrays of reads, frozen results out.

Example::

    table = RatingTable.build(reader=..., case=..., truth=..., rating=..., call=...)
    analysis = analyse(table, margin=0.1)
    print(analysis.primary.verdict.sentence)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.plain import plain
from reader_study.analysis.settings import Settings
from reader_study.analysis.table import RatingTable

if TYPE_CHECKING:
    from reader_study.analysis.study import StudyAnalysis, analyse

__all__ = ["AnalysisError", "NotEstimable", "RatingTable", "Settings", "StudyAnalysis", "analyse", "plain"]


def __getattr__(name: str) -> Any:
    """The analysis itself brings SciPy, which a process that only exports or shows results need not hold in memory."""
    if name in ("StudyAnalysis", "analyse"):
        return getattr(import_module("reader_study.analysis.study"), name)
    raise AttributeError(name)
