"""Writes of this app: starting, working on and cancelling scoring runs, and storing their cards."""

from evaluation.plain import finite
from evaluation.services.cards import store_card, to_score
from evaluation.services.requests import SUBGROUPS, Network, check_request
from evaluation.services.runs import cancel_scoring, publish_scoring, republish_scoring, start_scoring
from evaluation.services.working import run_scoring, work_on

__all__ = [
    "SUBGROUPS",
    "Network",
    "cancel_scoring",
    "check_request",
    "finite",
    "publish_scoring",
    "republish_scoring",
    "run_scoring",
    "start_scoring",
    "store_card",
    "to_score",
    "work_on",
]
