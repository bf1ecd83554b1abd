"""Checkpoints side by side: score cards against one reference, on one extractor, ranked metric by metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evaluation.metrics import METRICS
from evaluation.models import Score, ScoreCard
from evaluation.published import PUBLISHED, Published
from evaluation.ranking import cost_span, rank_letters

DEFAULT_METRICS = ("frechet_distance", "kernel_distance", "precision", "recall", "vendi_score", "auroc")
# Scores on these needs rest on the extractor, and cannot be compared between two.
_BY_EXTRACTOR = {"features", "probabilities", "text"}


@dataclass
class Cell:
    """One score of one row, its cost (least is best) and the letters of its rank."""

    score: Score
    cost: float
    letters: str = ""


@dataclass
class Line:
    """One synthetic set."""

    card: ScoreCard
    metrics: Sequence[str]
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def row(self) -> list[Cell | None]:
        """The cells in the order of the columns."""
        return [self.cells.get(metric) for metric in self.metrics]

    @property
    def name(self) -> str:
        """The checkpoint where a run made the set, else the set's own name."""
        run = getattr(self.card.synthetic, "generation_run", None)
        return str(run.checkpoint.name) if run else self.card.synthetic.name

    @property
    def prompts(self) -> str:
        """The prompt set, where a run made the set."""
        run = getattr(self.card.synthetic, "generation_run", None)
        return str(run.prompt_set) if run else ""


@dataclass(frozen=True)
class Space:
    """One extractor: what it is called, and its fingerprint, by which numbers may stand beside each other."""

    key: str
    name: str


def space_of(card: ScoreCard, score: Score) -> Space:
    """The extractor that a score rests on: the one its space is named after, or the card's first."""
    first = card.provenance.get("extractor") or {}
    others = card.provenance.get("networks") or []
    facts = next((one for one in others if one.get("space") == score.space), {}) if score.space else first
    name = " ".join(str(facts[key]) for key in ("name", "weights") if facts.get(key)) or score.space or "unnamed"
    return Space(str(facts.get("fingerprint") or name)[:16], name)


def spaces_of(cards: Iterable[ScoreCard]) -> list[Space]:
    """The extractors of these cards, those that most cards have, and have as their first one, first."""
    seen: Counter[Space] = Counter()
    for card in cards:
        found = {space_of(card, score): not score.space for score in card.scores.all()}
        for space, is_first in found.items():
            seen[space] += 2 + is_first
    return [space for space, _ in sorted(seen.items(), key=lambda one: (-one[1], one[0].name))]


def board(cards: Sequence[ScoreCard], space: str, metrics: Sequence[str]) -> list[Line]:
    """One line a synthetic set, its newest card on this extractor (cards come newest first), ranked in every metric. space: its key."""
    newest: dict[object, Line] = {}
    for card in cards:
        if cells := _cells(card, space, metrics):
            newest.setdefault(card.synthetic_id, Line(card, metrics, cells))
    lines = list(newest.values())
    for metric in metrics:
        _rank(lines, metric)
    return lines


def _cells(card: ScoreCard, space: str, metrics: Sequence[str]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for score in card.scores.all():
        if score.metric not in metrics or score.value is None or score.low is None or score.high is None:
            continue
        if depends_on_network(score) and space_of(card, score).key != space:
            continue
        cost, _ = _cost(score)
        found.setdefault(score.metric, Cell(score, cost))
    return found


def depends_on_network(score: Score) -> bool:
    """Whether another extractor would give another number."""
    return bool(score.definition.needs & _BY_EXTRACTOR)


def _cost(score: Score) -> tuple[float, tuple[float, float]]:
    real = (score.baseline or {}).get("value")
    return cost_span(score.direction, score.value or 0.0, score.low or 0.0, score.high or 0.0, real)


def _rank(lines: Sequence[Line], metric: str) -> None:
    own = {number: line.cells[metric] for number, line in enumerate(lines) if metric in line.cells}
    letters = rank_letters({number: _cost(cell.score)[1] for number, cell in own.items()})
    for number, cell in own.items():
        cell.letters = letters[number]


def sort_lines(lines: list[Line], key: str) -> list[Line]:
    """Best first by a metric ("-" in front: worst first), or by name; lines without the number come last."""
    name = key.removeprefix("-")
    backwards = key.startswith("-")
    if name == "name":
        return sorted(lines, key=lambda line: line.name.lower(), reverse=backwards)
    with_number = [line for line in lines if name in line.cells]
    without = [line for line in lines if name not in line.cells]
    return sorted(with_number, key=lambda line: line.cells[name].cost, reverse=backwards) + without


def offered_metrics(cards: Iterable[ScoreCard]) -> list[str]:
    """Metrics of which any of these cards has a number, in registry order."""
    found = {score.metric for card in cards for score in card.scores.all() if score.value is not None}
    return [name for name in METRICS if name in found]


@dataclass(frozen=True)
class PublishedLine:
    """A published row, its values in the order of the columns."""

    published: Published
    values: list[float | None]


def published_lines(metrics: Sequence[str], words: str = "") -> list[PublishedLine]:
    """Published rows that have one of these metrics and every one of the words."""
    return [
        PublishedLine(row, [row.values.get(metric) for metric in metrics])
        for row in PUBLISHED
        if set(metrics) & set(row.values)
        and all(word in f"{row.model} {row.definition} {row.source}".lower() for word in words.lower().split())
    ]
