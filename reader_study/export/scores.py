"""Truth and scores: what multi-reader programs take, before it has any of their layouts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reader_study.export.cells import Cell
from reader_study.export.columns import Column
from reader_study.export.errors import ExportError
from reader_study.export.tables import read_csv, write_csv


@dataclass(frozen=True, slots=True)
class Score:
    """One reader's score of one case in one modality (the condition of reading: an arm)."""

    reader: str
    case: str
    modality: str
    score: float


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """title: one line. truth: case to 0 (negative) or 1 (positive). scores: at most one of a reader, case and modality."""

    title: str
    truth: Mapping[str, int]
    scores: Sequence[Score]

    @property
    def readers(self) -> list[str]:
        """In the order in which they come."""
        return list(dict.fromkeys(row.reader for row in self.scores))

    @property
    def modalities(self) -> list[str]:
        """In the order in which they come."""
        return list(dict.fromkeys(row.modality for row in self.scores))

    def front(self) -> list[str]:
        """The title and the lines N0 (negative cases), N1 (positive), NR (readers) and NM (modalities)."""
        positives = sum(self.truth.values())
        counts = (len(self.truth) - positives, positives, len(self.readers), len(self.modalities))
        title = " ".join(self.title.split()) or "Reader study"
        return [title, *(f"{name}:{count}" for name, count in zip(("N0", "N1", "NR", "NM"), counts))]

    def check(self) -> None:
        """Raises ExportError for truths other than 0 and 1, repeated scores, and scores of cases without truth."""
        if not set(self.truth.values()) <= {0, 1}:
            raise ExportError("Truth is 0 or 1.")
        seen: set[tuple[str, str, str]] = set()
        for row in self.scores:
            key = (row.reader, row.case, row.modality)
            if key in seen:
                raise ExportError(f"{row.reader} scored {row.case} twice: leave repeats out.")
            seen.add(key)
            if row.case not in self.truth:
                raise ExportError(f"Case {row.case} has no truth.")

    def check_fully_crossed(self) -> None:
        """Raises ExportError unless every reader scored every case in every modality, once."""
        self.check()
        expected = len(self.readers) * len(self.modalities) * len(self.truth)
        if not self.scores or len(self.scores) != expected:
            raise ExportError(
                f"{expected} scores make a fully crossed design, and there are {len(self.scores)}: "
                "a program that cannot say missing would read the others as the lowest score."
            )


@dataclass(frozen=True, slots=True)
class Codes:
    """Integers, from 1, for programs that take no labels. Cases in the order of `truth`, the others as they come."""

    readers: Mapping[str, int]
    cases: Mapping[str, int]
    modalities: Mapping[str, int]


CODE_COLUMNS = (
    Column("kind", "text", "What is numbered", values="reader | case | modality"),
    Column("number", "integer", "The integer in the RJafroc files"),
    Column("code", "text", "The code in all other files"),
)
MRMCAOV_COLUMNS = (
    Column("reader", "text", "Code of the reader"),
    Column("treatment", "text", "Arm of the reading: the condition that MRMCaov compares"),
    Column("case", "text", "Code of the case"),
    Column("truth", "integer", "Positive class", values="0, real | 1, synthetic"),
    Column("rating", "number", "First rating: confidence that the case is synthetic"),
)


def number_codes(file: ScoreFile) -> Codes:
    """Integers for the labels of `file`."""
    readers, modalities = _numbered(file.readers), _numbered(file.modalities)
    return Codes(readers, _numbered(file.truth), modalities)


def write_codes(codes: Codes) -> Iterator[bytes]:
    """The map from integers to labels, as CSV."""
    kinds = {"reader": codes.readers, "case": codes.cases, "modality": codes.modalities}
    rows: Iterator[dict[str, Cell]] = (
        {"kind": kind, "number": n, "code": code} for kind, of in kinds.items() for code, n in of.items()
    )
    return write_csv([column.name for column in CODE_COLUMNS], rows)


def read_codes(data: bytes) -> Codes:
    """What `write_codes` wrote."""
    found: dict[str, dict[str, int]] = {"reader": {}, "case": {}, "modality": {}}
    for row in read_csv(data, CODE_COLUMNS):
        found[str(row["kind"])][str(row["code"])] = int(str(row["number"]))
    return Codes(found["reader"], found["case"], found["modality"])


def write_mrmcaov(file: ScoreFile) -> Iterator[bytes]:
    """One row a score for MRMCaov, any long-format program, or a notebook. Raises ExportError as `ScoreFile.check`."""
    file.check()
    rows: Iterator[dict[str, Cell]] = (
        {"reader": row.reader, "treatment": row.modality, "case": row.case, "truth": file.truth[row.case],
         "rating": row.score}
        for row in file.scores
    )  # fmt: skip
    return write_csv([column.name for column in MRMCAOV_COLUMNS], rows)


def read_mrmcaov(data: bytes) -> ScoreFile:
    """Read such a file back: ours, or any with these five columns among others."""
    rows = read_csv(data, MRMCAOV_COLUMNS)
    truth = {str(row["case"]): int(str(row["truth"])) for row in rows}
    scores = [
        Score(str(row["reader"]), str(row["case"]), str(row["treatment"]), float(str(row["rating"]))) for row in rows
    ]
    return ScoreFile("", truth, scores)


def number_text(value: float) -> str:
    """A score as programs expect it: 3, not 3.0, and every digit of anything else."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _numbered(labels: Iterable[str]) -> dict[str, int]:
    return {label: number for number, label in enumerate(labels, start=1)}
