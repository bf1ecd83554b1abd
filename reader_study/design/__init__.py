"""Which pictures a study shows, and in what order each reader meets them. Pure: no Django here."""

from reader_study.design.chance import pick, shuffled
from reader_study.design.order import Deck, Slot, plan_deck
from reader_study.design.selection import Candidate, NotEnoughCases, Selection, Stratum, select_cases

__all__ = [
    "Candidate",
    "Deck",
    "NotEnoughCases",
    "Selection",
    "Slot",
    "Stratum",
    "pick",
    "plan_deck",
    "select_cases",
    "shuffled",
]
