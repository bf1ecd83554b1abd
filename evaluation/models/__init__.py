"""Scoring runs, the features they keep, and the score cards that they make."""

from evaluation.models.cards import Score, ScoreCard, ScoreCardQuerySet
from evaluation.models.features import FeatureRow, FeatureShard
from evaluation.models.runs import OperatingPoint, ScoringRun, ScoringStep, StepKind, StepState

__all__ = [
    "FeatureRow",
    "FeatureShard",
    "OperatingPoint",
    "Score",
    "ScoreCard",
    "ScoreCardQuerySet",
    "ScoringRun",
    "ScoringStep",
    "StepKind",
    "StepState",
]
