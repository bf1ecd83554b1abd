"""The questions of a visual Turing test."""

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


def question_for_browser(slug: str, text: str, kind: str, choices: list[Any]) -> dict[str, Any]:
    """A question as the reading page gets it: the first nine choices answer to the digit keys."""
    keys = [str(number) for number in range(1, min(len(choices), 9) + 1)]
    return {"slug": slug, "text": text, "kind": kind, "choices": choices, "keys": keys}
