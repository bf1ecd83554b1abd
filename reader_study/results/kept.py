"""Analyses that are kept: found, and whether they are still what a worker would make. Loads nothing that computes."""

from __future__ import annotations

from collections.abc import Mapping

from evaluation.models import ScoreCard, ScoreCardQuerySet
from reader_study import blinding
from reader_study.models import AnalysisRun, Study

# Goes up when pages need members that documents of before do not have: those are then made anew.
FORMAT = "negatoscope-results-v2"


def stored_results(study: Study, selection: Mapping[str, str] | None = None) -> AnalysisRun | None:
    """The finished analysis with its document and files, if there is one."""
    digest = blinding.digest_json(dict(selection or {}))
    found: AnalysisRun | None = AnalysisRun.objects.ready().filter(study=study, selection_digest=digest).first()
    return found


def is_outdated(run: AnalysisRun) -> bool:
    """Whether an earlier version of the program made it."""
    return run.document is not None and run.document.get("format") != FORMAT


def cards_of(study: Study) -> ScoreCardQuerySet:
    """The score cards of the study's synthetic pictures, the newest first; none for imported readings."""
    cards: ScoreCardQuerySet = ScoreCard.objects.filter(synthetic=study.synthetic_set, workspace=study.workspace)
    return cards.with_sets().order_by("-created_at")


def has_newer_card(run: AnalysisRun) -> bool:
    """Whether a score card came since the analysis began, so that analysing again would say more."""
    return run.started_at is not None and cards_of(run.study).filter(created_at__gt=run.started_at).exists()
