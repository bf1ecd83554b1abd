"""A score card as a PDF, set by typst from `report.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from accounts.numerals import decimals_for, number_text
from evaluation.exports.tables import UP_DOWN, provenance_lines, with_interval
from evaluation.figures import available, draw
from evaluation.figures.canvas import WIDTH
from evaluation.figures.drawing import Drawing
from evaluation.models import Score, ScoreCard
from evaluation.presentation import ScoreRow, finding_rows, sections
from evaluation.verdict import verdict
from jobs.typesetting import svg_size, typeset

# Of the report's page, in mm.
TEXT_WIDTH, TALLEST = 174, 225
TEMPLATE = Path(__file__).with_name("report.typ")


def to_pdf(card: ScoreCard, scores: Sequence[Score]) -> bytes:
    """The card on A4: verdict, tables, figures, methods, provenance. Equal cards give equal bytes."""
    return _set(card, scores, "pdf")[0]


def to_pages(card: ScoreCard, scores: Sequence[Score]) -> list[bytes]:
    """The pages of the same report as PNG."""
    return _set(card, scores, "png")


def _set(card: ScoreCard, scores: Sequence[Score], file_format: Literal["pdf", "png"]) -> list[bytes]:
    timestamp = int(card.created_at.timestamp())
    return typeset(TEMPLATE, report_content(card, scores), timestamp=timestamp, file_format=file_format)


def report_content(card: ScoreCard, scores: Sequence[Score]) -> dict[str, Any]:
    """Everything that the template sets, as text."""
    return {
        "title": card.synthetic.name,
        "lede": f"{card.synthetic.count} images against the {card.reference.count} of {card.reference.name}.",
        "made": card.created_at.strftime("%-d %B %Y"),
        "phantoms": card.is_phantom,
        "verdict": [{"axis": s.axis, "word": s.word, "text": s.text, "look": s.look} for s in verdict(scores)],
        "sections": [
            {
                "title": section.title,
                "rows": [_row(row) for row in section.all_rows],
                "refused": [{"title": score.title, "why": score.refused} for score in section.refused],
            }
            for section in sections(scores)
        ],
        "findings": [_finding(row.finding, row.cells) for row in finding_rows(scores) if not row.refused],
        "figures": [
            _figure(drawing, draw(name, scores, outlined=True).decode())
            for name, drawing in available(scores).items()
            if not drawing.supplement
        ],
        "methods": [[s.definition.title, s.method] for s in _one_a_method(scores)],
        "provenance": _provenance(card, scores),
    }


def _figure(drawing: Drawing, svg: str) -> dict[str, str]:
    """share: of the width of the text, so that letters are of one size in all figures and a tall one stays on its page."""
    width, height = svg_size(svg)
    share = min(1.0, width / (72 * WIDTH), TALLEST / TEXT_WIDTH * width / height)
    return {"title": drawing.title, "caption": drawing.caption, "svg": svg, "share": f"{100 * share:.1f}"}


def _row(row: ScoreRow) -> dict[str, str]:
    score, real = row.score, row.baseline
    digits = decimals_for(real["low"], real["high"]) if None not in (real.get("low"), real.get("high")) else None
    return {
        "title": score.definition.title,
        "space": score.space,
        "arrow": UP_DOWN[score.direction],
        "value": with_interval(score),
        "real": number_text(real.get("value"), digits) if real else "",
        "n": number_text(score.n),
    }


def _finding(finding: str, cells: Sequence[Score | None]) -> list[str]:
    return [finding, *(with_interval(cell) if cell and not cell.refused else "" for cell in cells)]


def _one_a_method(scores: Sequence[Score]) -> list[Score]:
    given = [score for score in scores if score.method and not score.refused]
    return list({(score.metric, score.method): score for score in reversed(given)}.values())[::-1]


def _provenance(card: ScoreCard, scores: Sequence[Score]) -> list[tuple[str, str]]:
    return [
        ("Scored images", f"{card.synthetic.count} of {card.synthetic.name}, digest {card.synthetic.digest}"),
        ("Reference images", f"{card.reference.count} of {card.reference.name}, digest {card.reference.digest}"),
        *provenance_lines(card, scores),
    ]
