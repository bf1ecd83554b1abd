"""The `.imrmc` file that iMRMC (R version 2 and later) reads.

Front matter, a line `BEGIN DATA:`, then `readerID,caseID,modalityID,score` without a header. Truth rows have reader and
modality `truth` and score 0 or 1. A reader may score a case once in a modality: repeats have no place here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reader_study.export.errors import ExportError

_TRUTH = "truth"
_BEGIN = "BEGIN DATA:"


@dataclass(frozen=True, slots=True)
class Score:
    """One reader's score of one case in one modality."""

    reader: str
    case: str
    modality: str
    score: float


@dataclass(frozen=True, slots=True)
class ImrmcFile:
    """truth: case to 0 (negative) or 1 (positive)."""

    title: str
    truth: Mapping[str, int]
    scores: Sequence[Score]


def write_imrmc(file: ImrmcFile) -> Iterator[bytes]:
    """The file in chunks. Raises ExportError for repeated scores, cases without truth, and labels that would break it."""
    _check(file)
    yield _front(file).encode()
    for case, truth in file.truth.items():
        yield f"{_TRUTH},{case},{_TRUTH},{truth}\n".encode()
    for row in file.scores:
        yield f"{row.reader},{row.case},{row.modality},{_number(row.score)}\n".encode()


def read_imrmc(data: bytes) -> ImrmcFile:
    """Read a file back, ours or iMRMC's own. Raises ExportError where it is not one."""
    lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    if _BEGIN not in lines:
        raise ExportError(f"There is no line {_BEGIN!r}.")
    start = lines.index(_BEGIN)
    rows = [line.split(",") for line in lines[start + 1 :] if line.strip()]
    if any(len(row) != 4 for row in rows):
        raise ExportError("Every row after BEGIN DATA: has four values.")
    truth = {case: int(float(score)) for reader, case, _, score in rows if reader == _TRUTH}
    scores = [Score(reader, case, modality, float(score)) for reader, case, modality, score in rows if reader != _TRUTH]
    return ImrmcFile(lines[0] if start else "", truth, scores)


def _front(file: ImrmcFile) -> str:
    positives = sum(file.truth.values())
    lines = [
        _one_line(file.title),
        f"N0:{len(file.truth) - positives}",
        f"N1:{positives}",
        f"NR:{_count(row.reader for row in file.scores)}",
        f"NM:{_count(row.modality for row in file.scores)}",
        "",
        _BEGIN,
    ]
    return "\n".join(lines) + "\n"


def _check(file: ImrmcFile) -> None:
    if not set(file.truth.values()) <= {0, 1}:
        raise ExportError("Truth is 0 or 1.")
    seen: set[tuple[str, str, str]] = set()
    for row in file.scores:
        key = (row.reader, row.case, row.modality)
        if key in seen:
            raise ExportError(f"{row.reader} scored {row.case} twice: leave repeats out.")
        seen.add(key)
        if row.case not in file.truth:
            raise ExportError(f"Case {row.case} has no truth.")
        if row.reader == _TRUTH or row.reader == "-1":
            raise ExportError(f"A reader cannot be called {row.reader!r}: the name marks the truth rows.")
    labels = {label for key in seen for label in key} | set(file.truth)
    if bad := sorted(label for label in labels if not label or set(label) & set(',"\n\r')):
        raise ExportError(f"Labels without commas, quotes and line breaks are needed, unlike {bad[0]!r}.")


def _one_line(title: str) -> str:
    return " ".join(title.split()) or "Reader study"


def _count(labels: Iterable[str]) -> int:
    return len(set(labels))


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
