"""Setting the PDF report of a score card: asked for by a page, done by a worker, kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from accounts.models import User
from evaluation import exports, figures, presentation, verdict
from evaluation.exports.report import to_pdf
from evaluation.measurement_key import source_digest
from evaluation.models import CardReport, Score, ScoreCard
from evaluation.presentation import card_document
from evaluation.scoring import environment
from jobs.documents import make_document, request_document

_PACKAGES = [Path(package.__file__ or "").parent for package in (exports, figures)]
# What sets the report and draws its figures: with other code it is another file.
_CODE = source_digest(
    [
        *(path for folder in _PACKAGES for path in sorted(folder.iterdir()) if path.suffix in (".py", ".typ")),
        *(Path(module.__file__ or "") for module in (presentation, verdict)),
    ]
)


def report_version(card: ScoreCard, scores: Sequence[Score]) -> str:
    """Digest of all that the report says, and of what sets it."""
    said = [card_document(card, scores), card.synthetic.name, card.reference.name, _CODE, environment()]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def request_report(*, card: ScoreCard, scores: Sequence[Score], user: User | None) -> CardReport:
    """The report of the card as it is now, queued where it is not there yet."""
    defaults = {"workspace": card.workspace, "created_by": user}
    return request_document(CardReport, report_version(card, scores), publish_report, defaults=defaults, card=card)


def publish_report(report: CardReport) -> None:
    """Put the setting into its queue (again)."""
    from evaluation.tasks import set_report

    set_report.delay(str(report.pk))


def make_report(report: CardReport) -> None:
    """Set the report; does nothing where that is done, or another worker is at it."""
    card = ScoreCard.objects.with_sets().get(pk=report.card_id)
    make_document(report, lambda: to_pdf(card, list(card.scores.all())))


def kept_report(card: ScoreCard, scores: Sequence[Score]) -> bytes | None:
    """The report of the card as it is now, where it is set already."""
    report = CardReport.objects.filter(card=card).first()
    return report.content(report_version(card, scores)) if report else None
