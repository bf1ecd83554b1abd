"""The columns of the long table, each with what the codebook says of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """kind: text, integer, number, flag or time. values: what the codes mean, "1, label | 2, label"."""

    name: str
    kind: str
    description: str
    unit: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the study: its slug becomes a column. choices: (value, label); none for a free number."""

    slug: str
    text: str
    choices: tuple[tuple[float, str], ...] = ()


_YES_NO = "0, no | 1, yes"

BEFORE: tuple[Column, ...] = (
    Column("study_id", "text", "Identifier of the study"),
    Column("reader_code", "text", "Code of the reader; who it is stays in the platform"),
    Column("reader_group", "text", "Group of the reader, such as residents; empty where there are no groups"),
    Column("reader_simulated", "flag", "Whether the answers were made by a program, not by a person", values=_YES_NO),
    Column("arm", "text", "Condition of the reading; empty where there is one"),
    Column("session_no", "integer", "Stretch of the reader's order between two breaks, from 1"),
    Column("trial_index", "integer", "Place in the reader's order, from 1"),
    Column("case_code", "text", "Code of the case, the same for all readers"),
    Column("source", "text", "Where the case comes from; empty before unsealing", values="real | synthetic"),
    Column("generator", "text", "What made a synthetic case; empty for real cases"),
    Column("truth", "integer", "Positive class; empty before unsealing", values="0, real | 1, synthetic"),
    Column("findings", "text", "Findings known of the case, separated by |"),
    Column("findings_open", "text", "Findings that are neither known to be there nor known not to be, separated by |"),
    Column("is_repeat", "flag", "Hidden repeat of an earlier case; not in the primary analysis", values=_YES_NO),
    Column("first_trial_index", "integer", "trial_index of the first reading of a repeated case; empty otherwise"),
)

AFTER: tuple[Column, ...] = (
    Column("rating", "number", "Confidence that the case is synthetic: the rating that the analysis uses"),
    Column("call", "integer", "The reader's call, from the rating and the cut of the protocol",
           values="0, called real | 1, called synthetic"),
    Column("seconds_active", "number", "Time spent on the case without pauses", "s"),
    Column("seconds_total", "number", "Time from first paint to the answer", "s"),
    Column("seconds_first_paint", "number", "Time from request to first paint", "s"),
    Column("shown_at", "time", "When the case was first painted: answered_at less seconds_total", "ISO 8601"),
    Column("answered_at", "time", "When the answer that counts was stored", "ISO 8601"),
    Column("changed_answer", "flag", "Whether an earlier complete answer was replaced", values=_YES_NO),
    Column("revisions", "integer", "Number of stored revisions of the answer"),
    Column("window_center", "number", "Centre of the grey-level window at the answer", "stored value"),
    Column("window_width", "number", "Width of the grey-level window at the answer", "stored value"),
    Column("tool_uses", "integer", "Uses of viewing tools (window, zoom, pan, ...), added up"),
    Column("deck_seed", "text", "Seed from which the reader's order was drawn"),
)  # fmt: skip

DESIGN: tuple[Column, ...] = (
    Column("reader_code", "text", "Code of the reader"),
    Column("reader_group", "text", "Group of the reader; empty where there are no groups"),
    Column("session_no", "integer", "Stretch of the reader's order between two breaks, from 1"),
    Column("trial_index", "integer", "Place in the reader's order, from 1"),
    Column("case_code", "text", "Code of the case"),
    Column("arm", "text", "Condition of the reading; empty where there is one"),
    Column("is_repeat", "flag", "Hidden repeat of an earlier case", values=_YES_NO),
    Column("first_trial_index", "integer", "trial_index of the first showing of a repeated case; empty otherwise"),
    Column("answered", "flag", "Whether a whole answer came in time", values=_YES_NO),
)

AUDIT: tuple[Column, ...] = (
    Column("at", "time", "When it happened", "ISO 8601"),
    Column("actor", "text", "Who did it: a reader's code, a numbered member of the team, or system"),
    Column("action", "text", "What was done"),
    Column("target", "text", "What it was done to: study, reader or invitation"),
    Column("details", "text", "What identifies it, as JSON"),
    Column("hash", "text", "The event's place in the platform's chain of hashes, to find it there"),
)

# What may be known of a read before unsealing; the answers to the questions beside. Whatever is not named here is left
# out: truth and findings, of course, and the seed of the order too, which can be tried out against guessed classes.
BLINDED: frozenset[str] = frozenset(
    {
        "study_id", "reader_code", "reader_group", "reader_simulated", "arm", "session_no", "trial_index", "case_code",
        "is_repeat", "first_trial_index", "rating", "call", "seconds_active", "seconds_total", "seconds_first_paint",
        "shown_at", "answered_at", "changed_answer", "revisions", "window_center", "window_width", "tool_uses",
    }
)  # fmt: skip


def long_columns(questions: Sequence[Asked]) -> tuple[Column, ...]:
    """All columns of the long table of a study that asks `questions`: one row a read."""
    taken = {column.name for column in (*BEFORE, *AFTER)}
    asked = tuple(_question(question) for question in questions if question.slug not in taken)
    return (*BEFORE, *asked, *AFTER)


def blinded_columns(questions: Sequence[Asked]) -> tuple[Column, ...]:
    """The columns of the long table before unsealing: those of `BLINDED`, and the questions."""
    asked = {question.slug for question in questions} - {column.name for column in (*BEFORE, *AFTER)}
    return tuple(column for column in long_columns(questions) if column.name in BLINDED | asked)


def _question(question: Asked) -> Column:
    values = " | ".join(f"{value}, {label}" for value, label in question.choices)
    whole = question.choices and all(isinstance(value, int) for value, _ in question.choices)
    return Column(question.slug, "integer" if whole else "number", question.text, values=values)
