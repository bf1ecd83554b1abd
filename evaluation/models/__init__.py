"""Scoring runs, the features they keep, the score cards that they make; runs of usefulness and of reconstruction."""

from evaluation.models.cards import Score, ScoreCard, ScoreCardQuerySet
from evaluation.models.features import FeatureRow, FeatureShard
from evaluation.models.measurements import KeptMeasurement
from evaluation.models.paired import PairedComparison
from evaluation.models.reconstruction import ReconstructedImage, ReconstructionRun
from evaluation.models.reports import CardReport
from evaluation.models.runs import OperatingPoint, ScoringRun, ScoringStep, StepKind
from evaluation.models.usefulness import UsefulnessRun

__all__ = [
    "CardReport",
    "FeatureRow",
    "FeatureShard",
    "KeptMeasurement",
    "OperatingPoint",
    "PairedComparison",
    "ReconstructedImage",
    "ReconstructionRun",
    "Score",
    "ScoreCard",
    "ScoreCardQuerySet",
    "ScoringRun",
    "ScoringStep",
    "StepKind",
    "UsefulnessRun",
]
