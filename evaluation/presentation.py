"""A score card arranged for a page or a file: rows of the tables, axes of the small drawings, flat records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.models import Score, ScoreCard

AXES = {
    "fidelity": "Fidelity",
    "diversity": "Diversity",
    "clinical": "Clinical correctness",
    "alignment": "Prompt alignment",
    "privacy": "Privacy",
    "parts": "The model's parts",
}
ARROWS = {
    "lower": "\N{DOWNWARDS ARROW} lower",
    "higher": "\N{UPWARDS ARROW} higher",
    "match": "\N{ALMOST EQUAL TO} as real",
}
PER_FINDING = ("auroc", "balanced_accuracy", "sensitivity", "specificity")
# An axis with at most this many scores shows them all at once.
SHOWN_AT_ONCE = 6

RECORD_FIELDS = (
    "metric", "space", "finding", "subgroup", "value", "low", "high", "n", "method", "direction",
    "baseline_value", "baseline_low", "baseline_high", "baseline_n", "baseline_label", "refused",
)  # fmt: skip
DOCUMENT_FIELDS = (
    "metric", "space", "finding", "subgroup", "value", "low", "high", "n", "method", "direction", "baseline",
    "baseline_label", "refused", "extra",
)  # fmt: skip


@dataclass(frozen=True)
class ScoreRow:
    """One line of a table, with the axis of its drawing. ``label``: what tells it from its neighbours."""

    score: Score
    start: float
    end: float
    label: str = ""

    @property
    def arrow(self) -> str:
        """Which way is better."""
        return ARROWS[self.score.direction]

    @property
    def baseline(self) -> dict[str, Any]:
        """The yardstick, or an empty mapping."""
        return self.score.baseline or {}

    @property
    def yardstick(self) -> float | None:
        """The yardstick's value, where there is one."""
        return self.baseline.get("value")


@dataclass(frozen=True)
class Fold:
    """Rows that belong together, shown on demand."""

    title: str
    rows: list[ScoreRow]


@dataclass(frozen=True)
class Section:
    """One axis of the card: the scores that speak for it, the rest by family, and what was refused."""

    axis: str
    title: str
    rows: list[ScoreRow]
    folds: list[Fold]
    refused: list[Score]

    @property
    def refusals(self) -> list[tuple[str, list[str]]]:
        """Each reason with the titles of the scores that it keeps back, in their order."""
        titles: dict[str, list[str]] = {}
        for score in self.refused:
            titles.setdefault(score.refused, []).append(score.title)
        return list(titles.items())

    @property
    def all_rows(self) -> list[ScoreRow]:
        """Every row with a number."""
        return [*self.rows, *(row for fold in self.folds for row in fold.rows)]


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
    def cells(self) -> list[Score | None]:
        """The scores in the order of the columns."""
        return [self.scores.get(name) for name in PER_FINDING]

    @property
    def n(self) -> int:
        """Images that the first of them rests on."""
        return next(iter(self.scores.values())).n


def overall(scores: Iterable[Score]) -> list[Score]:
    """Scores of the whole set, on every extractor."""
    return [score for score in scores if not score.finding and not score.subgroup]


def sections(scores: Sequence[Score]) -> list[Section]:
    """The scores of the whole set by axis, in the order of AXES; axes of which the card has nothing are left out."""
    whole = overall(scores)
    found = {score.definition.axis for score in scores}
    axes = [axis for axis in AXES if axis in found] + sorted(found - set(AXES))
    members = {axis: [score for score in whole if score.definition.axis == axis] for axis in axes}
    return [_section(axis, own) for axis, own in members.items()]


def _section(axis: str, scores: list[Score]) -> Section:
    given = [score for score in scores if not score.refused]
    families: dict[Any, list[Score]] = {}
    for score in given:
        families.setdefault(score.definition.function, []).append(score)
    title = AXES.get(axis, axis.capitalize())
    refused = [score for score in scores if score.refused]
    if len(given) <= SHOWN_AT_ONCE:
        return Section(axis, title, to_rows(given), [], refused)
    folds = [Fold(own[0].definition.title, to_rows(own[1:])) for own in families.values() if len(own) > 1]
    return Section(axis, title, to_rows(own[0] for own in families.values()), folds, refused)


def to_rows(scores: Iterable[Score], label: str = "") -> list[ScoreRow]:
    """Rows on the axes of their own; ``label``: the attribute of a score that names its row."""
    return [ScoreRow(score, *axis(score), getattr(score, label) if label else "") for score in scores]


def axis(score: Score) -> tuple[float, float]:
    """From where to where a score's interval is drawn: 0 to 1 for shares, else wide enough for it and its yardstick."""
    edges = [e for e in edges_of(score) if e is not None]
    if is_share(score):
        return 0.0, 1.0
    return min([0.0, *edges]), max([0.0, *edges]) * 1.05 or 1.0


def edges_of(score: Score) -> list[float | None]:
    """All that the drawing of a score must hold."""
    baseline = score.baseline or {}
    return [score.low, score.high, score.value, baseline.get("low"), baseline.get("value"), baseline.get("high")]


def is_share(score: Score) -> bool:
    """Whether a score is read on an axis from 0 to 1: all of it lies there, and more is better."""
    edges = [e for e in edges_of(score) if e is not None]
    return score.direction != "lower" and all(0 <= e <= 1 for e in edges)


def finding_rows(scores: Sequence[Score]) -> list[FindingRow]:
    """The classifier, one row a finding."""
    own = [s for s in scores if s.finding and not s.subgroup and s.metric in PER_FINDING]
    return [FindingRow(f, {s.metric: s for s in own if s.finding == f}) for f in dict.fromkeys(s.finding for s in own)]


def by_finding(scores: Sequence[Score]) -> list[Fold]:
    """What else there is per finding: one table a metric and extractor."""
    own = [s for s in scores if s.finding and not s.subgroup and s.metric not in PER_FINDING and not s.refused]
    kinds = dict.fromkeys((s.definition.title, s.space, s.metric) for s in own)
    return [
        Fold(_titled(title, space), to_rows((s for s in own if (s.metric, s.space) == (name, space)), "finding"))
        for title, space, name in kinds
    ]


def by_subgroup(scores: Sequence[Score]) -> dict[str, list[Fold]]:
    """Attribute (sex, age, ...) -> one table a metric, a row for each of its values, the largest gap last."""
    own = [s for s in scores if s.subgroup and not s.refused]
    found: dict[str, list[Fold]] = {}
    for name in dict.fromkeys(attribute(s) for s in own):
        members = [s for s in own if attribute(s) == name]
        kinds = dict.fromkeys((s.metric, s.space, s.finding, s.definition.title) for s in members)
        found[name] = [
            Fold(_titled(title, finding, space), to_rows(_of(members, metric, space, finding), "subgroup"))
            for metric, space, finding, title in kinds
        ]
    return found


def _of(scores: Sequence[Score], metric: str, space: str, finding: str) -> list[Score]:
    own = [s for s in scores if (s.metric, s.space, s.finding) == (metric, space, finding)]
    return sorted(own, key=is_gap)


def attribute(score: Score) -> str:
    """What a subgroup is a part by: "sex" of "sex=F" and of "sex: largest gap"."""
    return score.subgroup.partition("=")[0].partition(":")[0]


def is_gap(score: Score) -> bool:
    """Whether this is the difference between subgroups and not one of them."""
    return "=" not in score.subgroup


def clear_gaps(scores: Iterable[Score]) -> list[Score]:
    """Largest gaps between subgroups that are beyond chance."""
    return [score for score in scores if score.subgroup and is_gap(score) and score.extra.get("differs")]


def _titled(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def records(scores: Sequence[Score]) -> Iterator[dict[str, Any]]:
    """Flat records with RECORD_FIELDS, for CSV."""
    for score in scores:
        record = {name: getattr(score, name) for name in RECORD_FIELDS if hasattr(score, name)}
        for part in ("value", "low", "high", "n"):
            record[f"baseline_{part}"] = (score.baseline or {}).get(part)
        yield record


def card_document(card: ScoreCard, scores: Sequence[Score]) -> dict[str, Any]:
    """The whole card as JSON, with everything its numbers depend on."""
    return {
        "id": str(card.pk),
        "created_at": card.created_at.isoformat(),
        "phantoms": card.is_phantom,
        "scores": [{name: getattr(s, name) for name in DOCUMENT_FIELDS} | {"measured_at": _moment(s)} for s in scores],
        "neighbours": card.neighbours,
        "provenance": card.provenance,
    }


def _moment(score: Score) -> str | None:
    return score.measured_at.isoformat() if score.measured_at else None


def kept_text(card: ScoreCard, scores: Sequence[Score]) -> str:
    """How many of the numbers are those of an earlier run, and since when; nothing where all were measured in the card's own."""
    if card.run_id is None:
        return ""
    start = card.run.started_at or card.created_at
    kept = [score.measured_at for score in scores if score.measured_at and score.measured_at < start]
    if not kept:
        return ""
    return (
        f"{len(kept)} of {len(scores)} scores are kept from earlier runs of the same, the oldest measured on "
        f"{min(kept):%-d %B %Y, %H:%M} UTC"
    )


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
