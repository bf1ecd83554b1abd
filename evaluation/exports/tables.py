"""A score card as CSV, JSON and as a Markdown table for a paper."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from accounts.numerals import decimals_for, number_text
from evaluation.cells import safe_cell
from evaluation.models import Score, ScoreCard
from evaluation.presentation import RECORD_FIELDS, card_document, kept_text, records, sections

UP_DOWN = {"lower": "↓", "higher": "↑", "match": "≈"}


def to_csv(card: ScoreCard, scores: Sequence[Score]) -> bytes:
    """One line a score, RECORD_FIELDS as columns."""
    out = StringIO()
    writer = csv.DictWriter(out, RECORD_FIELDS)
    writer.writeheader()
    writer.writerows({name: safe_cell(cell) for name, cell in record.items()} for record in records(scores))
    return out.getvalue().encode()


def to_json(card: ScoreCard, scores: Sequence[Score]) -> bytes:
    """The whole card with its provenance."""
    return json.dumps(card_document(card, scores), indent=1, ensure_ascii=False).encode()


def to_markdown(card: ScoreCard, scores: Sequence[Score]) -> bytes:
    """One table by axis, one of the findings, and a note with what the numbers depend on."""
    lines = [f"**{_escaped(str(card))}**", "", *_table(_whole(scores))]
    findings = [s for s in scores if s.finding and not s.subgroup and not s.refused]
    if findings:
        lines += ["", *_table((s.finding, s) for s in findings)]
    return "\n".join([*lines, "", _note(card, scores), ""]).encode()


def _whole(scores: Sequence[Score]) -> Iterator[tuple[str, Score]]:
    for section in sections(scores):
        for row in section.all_rows:
            yield section.title, row.score


def _table(rows: Iterable[tuple[str, Score]]) -> list[str]:
    head = ["| | Metric | Value (95 % interval) | Real images | n |", "|---|---|---|---|---:|"]
    body = []
    before = None
    for group, score in rows:
        title = " ".join(
            [score.definition.title, *([f"({score.space})"] if score.space else []), UP_DOWN[score.direction]]
        )
        cells = ["" if group == before else group, title, with_interval(score), _yardstick(score), str(score.n)]
        body.append(f"| {' | '.join(_escaped(cell) for cell in cells)} |")
        before = group
    return head + body


def with_interval(score: Score) -> str:
    """`0.91 (0.88 to 0.94)`, digits by the interval's width."""
    return _interval(score.value, score.low, score.high)


def _yardstick(score: Score) -> str:
    real = score.baseline or {}
    return _interval(real.get("value"), real.get("low"), real.get("high")) if real else ""


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return number_text(value)
    digits = decimals_for(low, high)
    return f"{number_text(value, digits)} ({number_text(low, digits)} to {number_text(high, digits)})"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _note(card: ScoreCard, scores: Sequence[Score]) -> str:
    parts = [
        f"Scored: {card.synthetic.count} images ({card.synthetic.digest[:12]}).",
        f"Reference: {card.reference.count} images ({card.reference.digest[:12]}).",
        *(f"{title}: {text}." for title, text in provenance_lines(card, scores)),
    ]
    if card.is_phantom:
        parts.append("Drawn phantoms are on at least one side: these numbers say nothing about radiographs of people.")
    return _escaped(" ".join(parts))


def provenance_lines(card: ScoreCard, scores: Sequence[Score]) -> list[tuple[str, str]]:
    """What the numbers depend on besides the two sets, as title and text."""
    facts = card.provenance
    network, settings, libraries = (facts.get(key) or {} for key in ("extractor", "settings", "libraries"))
    named = " ".join(str(network[key]) for key in ("name", "weights") if network.get(key))
    lines = [
        ("Network", named),
        ("Preprocessing", str(network.get("preprocessing") or "")),
        ("Extractor fingerprint", str(network.get("fingerprint") or "")[:12]),
        ("Seed", str(settings.get("seed", ""))),
        ("Measured", kept_text(card, scores)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in libraries.items())),
    ]
    return [(title, text) for title, text in lines if text]
