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


def long_columns(questions: Sequence[Asked]) -> tuple[Column, ...]:
    """All columns of the long table of a study that asks `questions`: one row a read."""
    taken = {column.name for column in (*BEFORE, *AFTER)}
    asked = tuple(_question(question) for question in questions if question.slug not in taken)
    return (*BEFORE, *asked, *AFTER)


def _question(question: Asked) -> Column:
    values = " | ".join(f"{value}, {label}" for value, label in question.choices)
    whole = question.choices and all(isinstance(value, int) for value, _ in question.choices)
    return Column(question.slug, "integer" if whole else "number", question.text, values=values)
