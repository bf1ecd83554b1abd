"""What is decided about the analysis before the first read: part of every locked protocol."""

from typing import Any, TypedDict


class Family(TypedDict):
    """Tests that are judged together. role: confirmatory or exploratory; adjustment: none, holm or benjamini_hochberg."""

    role: str
    tests: str
    adjustment: str


FAMILIES: dict[str, Family] = {
    "primary": {
        "role": "confirmatory",
        "tests": "the primary endpoint against chance: one test, with its equivalence",
        "adjustment": "none",
    },
    "arms": {
        "role": "confirmatory",
        "tests": "differences between arms, and between generators, two by two",
        "adjustment": "holm",
    },
    "findings": {
        "role": "confirmatory",
        "tests": "for every finding asked: readers are right about synthetic images not less often than about real ones",
        "adjustment": "holm",
    },
    "findings_seen": {
        "role": "exploratory",
        "tests": "for every finding asked: how often it is seen in synthetic and in real images",
        "adjustment": "benjamini_hochberg",
    },
    "concordance": {
        "role": "exploratory",
        "tests": "each automatic score beside each answer of the readers",
        "adjustment": "benjamini_hochberg",
    },
    "readers": {
        "role": "exploratory",
        "tests": "each reader's accuracy against chance",
        "adjustment": "benjamini_hochberg",
    },
}

ANALYSIS_PLAN: dict[str, Any] = {
    "positive_class": "synthetic",
    "primary_endpoint": "balanced accuracy",
    "secondary_endpoint": "AUC",
    "null": 0.5,
    "inference": "or_rrrc",
    "equivalence": "tost_mrmc",
    "reads": "the last complete answer in time of every first presentation",
    "families": FAMILIES,
}
