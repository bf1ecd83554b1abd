"""A score card arranged for a page or a file: rows of the tables, axes of the small drawings, flat records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.models import Score, ScoreCard

ARROWS = {
    "lower": "\N{DOWNWARDS ARROW} lower",
    "higher": "\N{UPWARDS ARROW} higher",
    "match": "\N{ALMOST EQUAL TO} as real",
}
UNIT_METRICS = {
    "precision",
    "recall",
    "coverage",
    "ms_ssim_within_prompt",
    "auroc",
    "balanced_accuracy",
    "sensitivity",
    "specificity",
}
PER_FINDING = ("auroc", "balanced_accuracy", "sensitivity", "specificity")

RECORD_FIELDS = (
    "metric", "finding", "value", "low", "high", "n", "method", "direction",
    "baseline_value", "baseline_low", "baseline_high", "baseline_n", "baseline_label", "refused",
)  # fmt: skip


@dataclass(frozen=True)
class ScoreRow:
    """One line of the table, with the axis of its drawing."""

    score: Score
    start: float
    end: float
    arrow: str

    @property
    def baseline(self) -> dict[str, Any]:
        """The yardstick, or an empty mapping."""
        return self.score.baseline or {}

    @property
    def yardstick(self) -> float | None:
        """The yardstick's value, where there is one."""
        return self.baseline.get("value")


@dataclass(frozen=True)
class FindingRow:
    """The classifier on one finding, by metric name; refused where there are too few images."""

    finding: str
    scores: dict[str, Score]

    @property
    def refused(self) -> str:
        """Why there is no number, or nothing."""
        return next((s.refused for s in self.scores.values() if s.refused), "")

    @property
    def cells(self) -> list[Score]:
        """The scores in the order of the columns."""
        return [self.scores[name] for name in PER_FINDING if name in self.scores]


def overall_rows(scores: Sequence[Score]) -> list[ScoreRow]:
    """Scores of the whole set, in registry order."""
    return [ScoreRow(score, *axis(score), ARROWS[score.direction]) for score in scores if not score.finding]


def axis(score: Score) -> tuple[float, float]:
    """From where to where a score's interval is drawn: 0 to 1 for shares, else wide enough for it and its yardstick."""
    if score.metric in UNIT_METRICS:
        return 0.0, 1.0
    baseline = score.baseline or {}
    edges = [
        e for e in (score.low, score.high, score.value, baseline.get("low"), baseline.get("high")) if e is not None
    ]
    return min([0.0, *edges]), max([0.0, *edges]) * 1.05 or 1.0


def finding_rows(scores: Sequence[Score]) -> list[FindingRow]:
    """One row a finding."""
    findings = dict.fromkeys(score.finding for score in scores if score.finding)
    return [FindingRow(f, {s.metric: s for s in scores if s.finding == f}) for f in findings]


def records(scores: Sequence[Score]) -> Iterator[dict[str, Any]]:
    """Flat records with RECORD_FIELDS, for CSV."""
    for score in scores:
        record = {name: getattr(score, name) for name in RECORD_FIELDS if hasattr(score, name)}
        for part in ("value", "low", "high", "n"):
            record[f"baseline_{part}"] = (score.baseline or {}).get(part)
        yield record


def card_document(card: ScoreCard, scores: Sequence[Score]) -> dict[str, Any]:
    """The whole card as JSON, with everything its numbers depend on."""
    fields = ("metric", "finding", "value", "low", "high", "n", "method", "direction", "baseline", "baseline_label")
    return {
        "id": str(card.pk),
        "created_at": card.created_at.isoformat(),
        "phantoms": card.is_phantom,
        "scores": [{name: getattr(s, name) for name in (*fields, "refused", "extra")} for s in scores],
        "neighbours": card.neighbours,
        "provenance": card.provenance,
    }


def card_table(scores: Sequence[Score]) -> str:
    """The card as lines of text for a terminal."""
    lines = [f"{'metric':46s} {'value':>10s} {'95 % interval':>24s} {'n':>6s}  yardstick"]
    for score in scores:
        if score.refused:
            lines.append(f"{score.title:46s} refused: {score.refused}")
            continue
        interval = f"{score.low:.4g} to {score.high:.4g}"
        beside = f"{score.baseline['value']:.4g} ({score.baseline_label})" if score.baseline else ""
        lines.append(f"{score.title:46s} {score.value:10.4g} {interval:>24s} {score.n:6d}  {beside}")
    return "\n".join(lines)
