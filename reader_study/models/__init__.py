"""A study, its cases and their sealed key, its readers, and what they answered."""

from reader_study.models.analysis import AnalysisRun
from reader_study.models.case import Case
from reader_study.models.key import CaseKey, SealedNonce
from reader_study.models.reader import Invitation, Presentation, Reader
from reader_study.models.reading import Reading
from reader_study.models.rendition import RenditionRun
from reader_study.models.study import Origin, Question, Study, StudyState

__all__ = [
    "AnalysisRun",
    "Case",
    "CaseKey",
    "Invitation",
    "Origin",
    "Presentation",
    "Question",
    "Reader",
    "Reading",
    "RenditionRun",
    "SealedNonce",
    "Study",
    "StudyState",
]
