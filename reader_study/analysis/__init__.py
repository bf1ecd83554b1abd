"""Reader-study statistics: pure functions over arrays of reads, frozen results out.

Example::

    table = RatingTable.build(reader=..., case=..., truth=..., rating=..., call=...)
    analysis = analyse_single_arm(table, margin=0.1)
    print(analysis.primary.verdict.sentence)
"""

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.plain import plain
from reader_study.analysis.study import StudyAnalysis, analyse_single_arm
from reader_study.analysis.table import RatingTable

__all__ = ["AnalysisError", "NotEstimable", "RatingTable", "StudyAnalysis", "analyse_single_arm", "plain"]
