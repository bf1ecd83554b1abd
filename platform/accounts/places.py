"""The places of the site, and which of them a person may go to."""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.policy import Action


@dataclass(frozen=True)
class Place:
    """One entry of the main navigation; `action` is what going there needs (None: anybody signed in)."""

    title: str
    path: str
    icon: str
    action: Action | None = None
    current: bool = False


# In the order of the work: make pictures, measure them, have them read.
GROUPS: list[tuple[str, list[Place]]] = [
    ("", [Place("Home", "/", "home")]),
    (
        "Pictures",
        [
            Place("Image sets", "/image-sets/", "images", Action.VIEW_IMAGES),
            Place("Checkpoints", "/checkpoints/", "checkpoint", Action.VIEW_CHECKPOINTS),
            Place("Prompt sets", "/prompt-sets/", "prompts", Action.VIEW_CHECKPOINTS),
            Place("Generation runs", "/runs/", "runs", Action.VIEW_RUNS),
        ],
    ),
    (
        "Judgement",
        [
            Place("Score cards", "/score-cards/", "scores", Action.VIEW_SCORES),
            Place("Leaderboard", "/leaderboard/", "board", Action.VIEW_SCORES),
            Place("Usefulness", "/usefulness-runs/", "usefulness", Action.VIEW_SCORES),
            Place("Reconstructions", "/reconstructions/", "reconstruction", Action.VIEW_SCORES),
            Place("Reader studies", "/studies/", "studies", Action.VIEW_STUDIES),
        ],
    ),
    (
        "Workspace",
        [
            Place("Members", "/members/", "members", Action.MANAGE_MEMBERS),
            Place("Audit log", "/audit/", "audit", Action.VIEW_AUDIT),
            Place("API", "/api/docs/", "api"),
        ],
    ),
]


@dataclass(frozen=True)
class Group:
    """Places under one heading."""

    title: str
    places: list[Place]


def places_for(allowed: Collection[str], path: str) -> list[Group]:
    """The places that somebody with these allowed actions may go to, the one that holds `path` marked as current."""
    groups = []
    for title, places in GROUPS:
        open_to = [_marked(place, path) for place in places if place.action is None or place.action.value in allowed]
        if open_to:
            groups.append(Group(title, open_to))
    return groups


def _marked(place: Place, path: str) -> Place:
    here = path == place.path if place.path == "/" else path.startswith(place.path)
    return Place(place.title, place.path, place.icon, place.action, here)
