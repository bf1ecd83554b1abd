"""Pictures of a card, chosen by a number that each image has: the wall, and the copies found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.models import Score, ScoreCard
from images.models import Image

PICTURES = 24
DISTANCE = "distance"
# Metrics whose `extra["pairs"]` names pairs of images.
PAIRED = ("copies", "near_duplicates")


@dataclass(frozen=True)
class Choice:
    """A number that every image has. ``key``: as in the address."""

    key: str
    title: str


def wall_choices(card: ScoreCard, scores: Sequence[Score]) -> list[Choice]:
    """By what the wall can be ordered: the distance to the nearest real image, and every score kept per image."""
    first = [Choice(DISTANCE, "Distance to the nearest real image")] if card.neighbours.get("wall") else []
    return first + [Choice(str(s.position), s.title) for s in scores if _fits(card, s)]


def _fits(card: ScoreCard, score: Score) -> bool:
    kept = score.extra.get("per_image")
    return isinstance(kept, list) and len(kept) == card.synthetic.count


def wall_pictures(card: ScoreCard, scores: Sequence[Score], key: str) -> list[dict[str, Any]]:
    """Images at equal steps of rank, the largest number first: each with its id, caption, number and percentile."""
    score = next((s for s in scores if str(s.position) == key and _fits(card, s)), None)
    if score is None:
        wall = card.neighbours.get("wall", [])
        return [
            {**picture, "value": picture["distance"], "percentile": _percentile(place, len(wall))}
            for place, picture in enumerate(wall)
        ]
    values = np.array([np.nan if v is None else v for v in score.extra["per_image"]], dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")]
    places = np.unique(np.linspace(0, len(order) - 1, min(PICTURES, len(order))).astype(int))
    items = list(card.synthetic.items.order_by("image__sha256"))  # the order of the rows
    return [
        {
            "image": str(items[order[place]].image_id),
            "caption": items[order[place]].caption[:200],
            "value": float(values[order[place]]),
            "percentile": _percentile(place, len(order)),
        }
        for place in places
    ]


def _percentile(place: int, count: int) -> float:
    """Of the image at this place from the top, 100 to 0."""
    return 100.0 * (1 - place / max(count - 1, 1))


def copies(card: ScoreCard, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Pairs of a scored image and the training or reference image nearest to it: flagged ones first, each pair once."""
    pairs = [pair for score in scores if score.metric in PAIRED for pair in score.extra.get("pairs") or []]
    digests = {digest for pair in pairs for digest in _digests(pair)}
    images = Image.objects.filter(workspace_id=card.workspace_id, sha256__in=digests)
    found = dict(images.values_list("sha256", "pk"))
    known = {
        _digests(pair): {
            "made": found[_digests(pair)[0]],
            "original": found[_digests(pair)[1]],
            "flagged": bool(pair.get("copy")),
            "ratio": pair.get("ratio"),
            "correlation": pair.get("correlation"),
        }
        for pair in reversed(pairs)
        if found.keys() >= set(_digests(pair))
    }
    shown = list(known.values())[::-1]
    return sorted(shown, key=lambda pair: not pair["flagged"])[:PICTURES]


def _digests(pair: dict[str, Any]) -> tuple[str, str]:
    """Of the scored image and of the one that it may be a copy of."""
    return str(pair.get("synthetic")), str(pair.get("training") or pair.get("reference"))
