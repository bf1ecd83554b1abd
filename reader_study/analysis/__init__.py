"""Reader-study statistics: pure functions over arrays of reads, frozen results out.

Example::

    table = RatingTable.build(reader=..., case=..., truth=..., rating=..., call=...)
    analysis = analyse(table, margin=0.1)
    print(analysis.primary.verdict.sentence)
"""

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.plain import plain
from reader_study.analysis.settings import Settings
from reader_study.analysis.study import StudyAnalysis, analyse
from reader_study.analysis.table import RatingTable

__all__ = ["AnalysisError", "NotEstimable", "RatingTable", "Settings", "StudyAnalysis", "analyse", "plain"]
