"""Which automatic metric puts synthetic sets in the order in which readers do: a workspace's score cards beside its studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F

from accounts.models import User, Workspace
from evaluation.comparing import visible_cards
from evaluation.leaderboard import Space, depends_on_network, space_of, spaces_of
from evaluation.models import Score, ScoreCard
from evaluation.ranking import cost_span
from images.models import ImageSet
from reader_study.analysis.concordance.across import Across, Checkpoint, across_checkpoints
from reader_study.models import AnalysisRun, Study, StudyState

# What readers said of a set, each greater the better they tell it from real images.
BALANCED_ACCURACY, AREA, REALISM = ENDPOINTS = ("balanced accuracy", "AUC", "real rated more realistic")


@dataclass(frozen=True, slots=True)
class Known:
    """A number with its interval, which may be missing."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A metric. hoped: the sign of the rank correlation with the readers where a better score means that they tell less."""

    key: str
    title: str
    hoped: int


@dataclass(frozen=True)
class Row:
    """A synthetic set that was read: what readers said of it, and what its newest card says. simulated: readers, of whom
    a program answered."""

    image_set: ImageSet
    study: Study
    readers: Mapping[str, Known]
    simulated: int = 0
    card: ScoreCard | None = None
    metrics: Mapping[str, Known] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The checkpoint where a run made the set, with the set's own name."""
        run = getattr(self.image_set, "generation_run", None)
        return f"{run.checkpoint.name}: {self.image_set.name}" if run else self.image_set.name

    @property
    def missing(self) -> str:
        """What it lacks before it counts; "" for nothing."""
        lacks = ["a finished analysis"] * (not self.readers) + ["a score card on this reference and extractor"] * (
            not self.metrics
        )
        return " and ".join(lacks)


@dataclass(frozen=True)
class Board:
    """Every set that was read, the metrics known of those that count, and how the metrics go with the readers."""

    references: tuple[ImageSet, ...]
    reference: ImageSet | None
    spaces: tuple[Space, ...]
    space: str
    rows: tuple[Row, ...]
    columns: Mapping[str, Column]

    @property
    def counted(self) -> list[Row]:
        """The rows that have both."""
        return [row for row in self.rows if not row.missing]

    @property
    def across(self) -> Across:
        """The predictions, the strongest first."""
        return across_checkpoints([_checkpoint(row) for row in self.counted])

    def points(self, metric: str, asked: str) -> list[tuple[Row, Known, Known]]:
        """The rows that have both numbers: (row, metric, readers)."""
        return [
            (row, row.metrics[metric], row.readers[asked])
            for row in self.counted
            if metric in row.metrics and asked in row.readers
        ]


def read_board(user: User | AnonymousUser, workspace: Workspace, query: Mapping[str, Any]) -> Board:
    """The board of `workspace` as `user` may see it; query: `reference` (an image set) and `space` (an extractor's key).

    What the query does not name, or names wrongly, is chosen: that with which most sets count.
    """
    rows = _read_sets(user, workspace)
    sets = [row.image_set.pk for row in rows]
    cards = list(visible_cards(user).filter(workspace=workspace, synthetic__in=sets).order_by("-created_at"))
    references = _references(cards)
    reference = next((one for one in references if str(one.pk) == query.get("reference")), next(iter(references), None))
    cards = [card for card in cards if card.reference == reference]
    spaces = spaces_of(cards)
    keys = [space.key for space in spaces]
    space = query["space"] if query.get("space") in keys else next(iter(keys), "")
    columns: dict[str, Column] = {}
    scored = tuple(_with_card(row, cards, space, columns) for row in rows)
    return Board(tuple(references), reference, tuple(spaces), space, scored, columns)


def _read_sets(user: User | AnonymousUser, workspace: Workspace) -> list[Row]:
    """A row each synthetic set of an unsealed study: of the newest study whose analysis is there, else of the newest."""
    studies = Study.objects.visible_to(user).filter(
        workspace=workspace, state=StudyState.UNSEALED, synthetic_set__isnull=False
    )
    studies = studies.select_related("real_set", "synthetic_set__generation_run__checkpoint").order_by("-unsealed_at")
    said = _said(studies)
    rows = [Row(study.image_sets[1], study, *said.get(study.pk, ({}, 0))) for study in studies]
    found: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: not row.readers):
        found.setdefault(row.image_set.pk, row)
    return sorted(found.values(), key=lambda row: row.name.lower())


def _said(studies: Iterable[Study]) -> dict[Any, tuple[dict[str, Known], int]]:
    """What the readers of each study said, from the stored analysis of all reads; of the document only what is needed."""
    runs = AnalysisRun.objects.ready().filter(study__in=studies, selection={})
    found = runs.values(
        "study_id",
        primary_name=F("document__analysis__primary__name"),
        primary=F("document__analysis__primary__random"),
        area=F("document__analysis__auc__random"),
        realism=F("document__analysis__realism__superiority"),
        simulated=F("document__simulated_readers"),
    )
    return {one["study_id"]: (_readers(one), len(one["simulated"] or ())) for one in found}


def _readers(one: Mapping[str, Any]) -> dict[str, Known]:
    asked = {AREA: one["area"], REALISM: one["realism"], str(one["primary_name"]): one["primary"]}
    asked = {name: asked[name] for name in ENDPOINTS if asked.get(name)}
    return {name: _known(found["estimate"], found["interval"] or {}) for name, found in asked.items()}


def _known(value: float, interval: Mapping[str, float]) -> Known:
    return Known(value, interval.get("low"), interval.get("high"))


def _references(cards: Sequence[ScoreCard]) -> list[ImageSet]:
    """The sets that the cards were made against, that of most scored sets first."""
    against: dict[ImageSet, set[Any]] = {}
    for card in cards:
        against.setdefault(card.reference, set()).add(card.synthetic_id)
    return sorted(against, key=lambda one: (-len(against[one]), one.name))


def _with_card(row: Row, cards: Sequence[ScoreCard], space: str, columns: dict[str, Column]) -> Row:
    """The row with the newest number of each metric on this extractor; adds the metrics to `columns`."""
    own = [(card, score) for card in cards if card.synthetic_id == row.image_set.pk for score in card.scores.all()]
    found: dict[str, Known] = {}
    used: ScoreCard | None = None
    for card, score in own:
        if score.metric in found or (depends_on_network(score) and space_of(card, score).key != space):
            continue
        known = _cost(score)
        if known is not None:
            found[score.metric], used = known, used or card
            columns.setdefault(score.metric, _column(score))
    return Row(row.image_set, row.study, row.readers, row.simulated, used, found)


def _cost(score: Score) -> Known | None:
    """The score as it is; of one that should match the real images, how far it is from theirs. None without a number."""
    if score.value is None:
        return None
    if score.direction != "match":
        return Known(score.value, score.low, score.high)
    real = (score.baseline or {}).get("value")
    if real is None:
        return None
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    value, ends = cost_span("match", score.value, low, high, real)
    return Known(value, *ends)


def _column(score: Score) -> Column:
    title = score.definition.title
    if score.direction == "match":
        return Column(score.metric, f"{title}, distance from the real images'", 1)
    return Column(score.metric, title, 1 if score.direction == "lower" else -1)


def _checkpoint(row: Row) -> Checkpoint:
    metrics = {name: known.value for name, known in row.metrics.items()}
    return Checkpoint(row.name, metrics, {name: known.value for name, known in row.readers.items()})
