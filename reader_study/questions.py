"""The questions of a visual Turing test."""

import re
from collections.abc import Sequence
from typing import Any, TypedDict


class Choice(TypedDict):
    """One possible answer."""

    value: int
    label: str


class QuestionSpec(TypedDict):
    """One question, as it is stored with a study."""

    slug: str
    text: str
    choices: list[Choice]


# The rating scale of the analysis: from 4 on the reader calls the case synthetic.
SOURCE_CONFIDENCE = "source_confidence"
REALISM = "realism"
# Asked for itself only where readings were imported; otherwise it follows from the rating.
CALL = "call"
FIRST_SYNTHETIC = 4


def _choices(labels: Sequence[str]) -> list[Choice]:
    return [{"value": value, "label": label} for value, label in enumerate(labels, start=1)]


DEFAULT_QUESTIONS: list[QuestionSpec] = [
    {
        "slug": SOURCE_CONFIDENCE,
        "text": "Is this radiograph real or synthetic?",
        "choices": _choices(
            [
                "definitely real",
                "probably real",
                "possibly real",
                "possibly synthetic",
                "probably synthetic",
                "definitely synthetic",
            ]
        ),
    },
    {
        "slug": REALISM,
        "text": "How realistic does it look?",
        "choices": _choices(["not at all", "slightly", "moderately", "very", "entirely"]),
    },
]


# Slugs of the questions whether one finding is there: the prefix, and the finding's name in small letters.
FINDING = "finding_"
FINDING_CHOICES: list[Choice] = [{"value": 0, "label": "absent"}, {"value": 1, "label": "present"}]


def finding_slug(name: str) -> str:
    """The slug of the question for a finding: "Pleural Effusion" is asked as "finding_pleural_effusion"."""
    return FINDING + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def finding_question(name: str) -> QuestionSpec:
    """The question whether `name` is there, answered by 0 (absent) or 1 (present)."""
    return {"slug": finding_slug(name), "text": f"{name}?", "choices": FINDING_CHOICES}


def question_for_browser(slug: str, text: str, kind: str, choices: list[Any]) -> dict[str, Any]:
    """A question as the reading page gets it: digit keys answer, by value where every value is one digit, else in order."""
    keys = [str(choice["value"]) for choice in choices]
    if any(len(key) != 1 for key in keys):
        keys = [str(number) for number in range(1, min(len(choices), 9) + 1)]
    return {"slug": slug, "text": text, "kind": kind, "choices": choices, "keys": keys}
