"""What a leaderboard shows for a query: `reference`, `prompts`, `space`, `metric` (several), `sort`, `q`, `own`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count
from django.http import QueryDict

from evaluation.leaderboard import (
    DEFAULT_METRICS,
    Line,
    PublishedLine,
    Space,
    board,
    offered_metrics,
    published_lines,
    sort_lines,
    spaces_of,
)
from evaluation.models import ScoreCardQuerySet
from generation.models import PromptSet
from images.models import ImageSet

Row = TypeVar("Row", ImageSet, PromptSet)


@dataclass(frozen=True)
class Board:
    """A leaderboard, and what else could have been chosen. ``space``: the key of the extractor; ``columns``: metrics."""

    references: list[ImageSet]
    reference: ImageSet | None
    prompt_sets: list[PromptSet]
    prompts: PromptSet | None
    spaces: list[Space]
    space: str
    offered: list[str]
    columns: list[str]
    lines: list[Line]
    published: list[PublishedLine]
    words: str


def read_board(cards: ScoreCardQuerySet, query: QueryDict) -> Board:
    """The leaderboard of these cards (of ``visible_cards``).

    What the query does not name, or names wrongly, is chosen: the most used reference and extractor, DEFAULT_METRICS.
    """
    references = ImageSet.objects.filter(reference_cards__in=cards).annotate(cards=Count("reference_cards"))
    offered_sets = list(references.order_by("-cards", "name"))
    reference = _named(offered_sets, query.get("reference")) or next(iter(offered_sets), None)
    cards = cards.filter(reference=reference) if reference else cards.none()
    prompt_sets = list(PromptSet.objects.filter(runs__image_set__score_cards__in=cards).distinct().order_by("name"))
    prompts = _named(prompt_sets, query.get("prompts"))
    if prompts:
        cards = cards.filter(synthetic__generation_run__prompt_set=prompts)
    words = query.get("q", "").strip()
    found = list(cards.matching(words))
    spaces = spaces_of(found)
    space = _chosen_key([one.key for one in spaces], query.get("space", ""))
    offered = offered_metrics(found)
    columns = _columns(offered, query.getlist("metric"))
    lines = sort_lines(board(found, space, columns), query.get("sort") or next(iter(columns), "name"))
    published = [] if "own" in query else published_lines(columns or DEFAULT_METRICS, words)
    return Board(
        offered_sets, reference, prompt_sets, prompts, spaces, space, offered, columns, lines, published, words
    )


def _named(offered: list[Row], key: str | None) -> Row | None:
    return next((one for one in offered if str(one.pk) == key), None)


def _chosen_key(keys: list[str], asked: str) -> str:
    return asked if asked in keys else next(iter(keys), "")


def _columns(offered: list[str], asked: list[str]) -> list[str]:
    wanted = set(asked) & set(offered) or set(DEFAULT_METRICS)
    return [name for name in offered if name in wanted] or offered[: len(DEFAULT_METRICS)]
