"""A long CSV of readings made elsewhere: one row a read, columns by any name.

`guess_columns` finds the columns by their usual names, `read_readings` reads the rows and says, by row number, what is
wrong with them. A row is one read of one case by one reader: the first row after the header is row 2, as in a spreadsheet.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain

from reader_study.export.errors import ExportError, MissingColumns, RefusedRows

REQUIRED = ("reader", "case", "truth", "rating")
MOST_PROBLEMS = 20
MOST_ROWS = 1_000_000
LONGEST_LABEL = 60
MISSING = frozenset({"", "na", "nan", "n/a", "null", "none", "."})

_POSITIVE = frozenset({"1", "1.0", "true", "yes", "synthetic", "fake", "generated", "positive", "present"})
_NEGATIVE = frozenset({"0", "0.0", "false", "no", "real", "negative", "absent"})
# Names that a column usually has, most telling first, without case, spaces and marks.
_USUAL: dict[str, tuple[str, ...]] = {
    "reader": ("readercode", "reader", "readerid", "rater", "raterid", "observer", "radiologist", "evaluator"),
    "case": ("casecode", "case", "caseid", "image", "imageid", "item", "stimulus"),
    "truth": ("truth", "label", "class", "issynthetic", "synthetic", "isfake", "groundtruth"),
    "rating": ("rating", "score", "sourceconfidence", "confidence"),
    "call": ("call", "callsynthetic", "calledsynthetic", "decision"),
    "realism": ("realism", "realismrating"),
    "source": ("generator", "source", "model", "checkpoint"),
    "arm": ("arm", "treatment", "modality", "modalityid", "condition"),
    "repeat": ("replicate", "repeat", "isrepeat"),
    "position": ("trialindex", "trial", "position", "order", "trialno"),
    "seconds": ("secondsactive", "seconds", "time", "readingtime", "rt", "duration"),
    "group": ("readergroup", "group", "experience"),
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column holds what; an empty name: the file has none. findings: name of a finding to the column in which the
    reader says whether it is there; known_findings: to the column that says whether it is."""

    reader: str
    case: str
    truth: str
    rating: str
    call: str = ""
    realism: str = ""
    source: str = ""
    arm: str = ""
    repeat: str = ""
    position: str = ""
    seconds: str = ""
    group: str = ""
    findings: Mapping[str, str] = field(default_factory=dict)
    known_findings: Mapping[str, str] = field(default_factory=dict)

    def named(self) -> dict[str, str]:
        """What every named column is, by what it holds; findings as "finding NAME"."""
        plain = {one.name: getattr(self, one.name) for one in fields(self) if not one.name.endswith("findings")}
        plain |= {f"finding {name}": column for name, column in self.findings.items()}
        plain |= {f"known finding {name}": column for name, column in self.known_findings.items()}
        return {what: column for what, column in plain.items() if column}


@dataclass(frozen=True, slots=True)
class ImportedRead:
    """One read. row: its number in the file. truth: 1 synthetic, 0 real. source: "real" or what made the case.
    replicate: 0 for the first reading. findings and known_findings: name to 1 (present) or 0."""

    row: int
    reader: str
    case: str
    truth: int
    rating: float | None
    call: int | None
    realism: float | None
    source: str
    arm: str
    replicate: int
    position: int | None
    seconds: float | None
    group: str
    findings: Mapping[str, int]
    known_findings: Mapping[str, int]


def guess_columns(header: Sequence[str]) -> dict[str, str]:
    """The columns that their names give away, by what they hold; "finding_x" is taken for the finding x."""
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(header)}
    found = {what: next((plain[name] for name in names if name in plain), "") for what, names in _USUAL.items()}
    findings = {f"finding {name[8:]}": name for name in header if name.lower().startswith("finding_")}
    return {what: column for what, column in found.items() if column} | findings


def columns_from(header: Sequence[str], given: Mapping[str, str]) -> ColumnMap:
    """The columns named in `given`, and for everything not named there the one whose name gives it away.

    Keys are those of `ColumnMap`, "finding NAME" and "known finding NAME"; the value "-" means that there is none.
    Raises MissingColumns where a required column is neither given nor found, ExportError for an unknown key.
    """
    found = {**guess_columns(header), **{what: name for what, name in given.items() if name}}
    found = {what: name for what, name in found.items() if name != "-"}
    if missing := [what for what in REQUIRED if what not in found]:
        raise MissingColumns(missing, header)
    findings = {what[8:]: name for what, name in found.items() if what.startswith("finding ")}
    known = {what[14:]: name for what, name in found.items() if what.startswith("known finding ")}
    plain = {what: name for what, name in found.items() if "finding " not in what}
    if unknown := sorted(plain.keys() - {one.name for one in fields(ColumnMap)}):
        raise ExportError(f"There is no kind of column {unknown[0]!r}.")
    return ColumnMap(**plain, findings=findings, known_findings=known)


def header_of(lines: Iterable[str]) -> list[str]:
    """The names in the first line. Raises ExportError for an empty file and for a name used twice."""
    return _opened(lines)[0]


def read_readings(lines: Iterable[str], columns: ColumnMap) -> list[ImportedRead]:
    """The reads of a CSV file given line by line (comma, semicolon or tab, as its header shows).

    Raises ExportError where a column is not in the file, RefusedRows with at most `MOST_PROBLEMS` row numbers where rows
    are unreadable, contradict each other, or repeat a reading that no `repeat` column numbers.
    """
    header, rows = _opened(lines)
    if absent := [name for name in columns.named().values() if name not in header]:
        raise ExportError(f"The file has no column {absent[0]!r}. Its columns are: {', '.join(header)}.")
    checks, reads = _Checks(), []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS:
            raise ExportError(f"The file has more than {MOST_ROWS:,} rows.")
        read = _Row(number, dict(zip(header, cells)), checks).read(columns)
        if len(cells) != len(header):
            checks.add(number, f"it has {len(cells)} cells, the header has {len(header)}")
        elif read is not None:
            checks.agrees(read)
            reads.append(read)
        checks.stop_if_full()
    checks.raise_any()
    if not reads:
        raise ExportError("The file has a header and no rows.")
    return reads


def _opened(lines: Iterable[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    source = iter(lines)
    first = next(source, "").lstrip("\ufeff")
    if not first.strip():
        raise ExportError("The file is empty: its first line must name the columns.")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(chain([first], source), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise ExportError(f"The header cannot be read: {error}.") from error
    if twice := next((name for name in header if name and header.count(name) > 1), ""):
        raise ExportError(f"Two columns are called {twice!r}.")
    return header, _numbered(reader)


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RefusedRows([f"Row {number}: it cannot be read as CSV ({error})."]) from error
        yield number, cells


class _Checks:
    """What is wrong so far, and what earlier rows said of readers and cases."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._truth: dict[str, tuple[int, str]] = {}
        self._known: dict[str, Mapping[str, int]] = {}
        self._group: dict[str, str] = {}
        self._reads: dict[tuple[str, str, str, int], int] = {}
        self._places: dict[tuple[str, int], int] = {}

    def add(self, row: int, problem: str) -> None:
        self.problems.append(f"Row {row}: {problem}.")

    def stop_if_full(self) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise RefusedRows([*self.problems[:MOST_PROBLEMS], "There may be more; reading stopped here."])

    def raise_any(self) -> None:
        if self.problems:
            raise RefusedRows(self.problems)

    def agrees(self, read: ImportedRead) -> None:
        """Compare with the rows before."""
        if self._truth.setdefault(read.case, (read.truth, read.source)) != (read.truth, read.source):
            self.add(read.row, f"case {read.case!r} has another truth or source than in an earlier row")
        if self._known.setdefault(read.case, read.known_findings) != read.known_findings:
            self.add(read.row, f"case {read.case!r} has other known findings than in an earlier row")
        if self._group.setdefault(read.reader, read.group) != read.group:
            self.add(read.row, f"reader {read.reader!r} is in another group than in an earlier row")
        key = (read.reader, read.case, read.arm, read.replicate)
        if (first := self._reads.setdefault(key, read.row)) != read.row:
            self.add(
                read.row, f"{read.reader!r} has read {read.case!r} in row {first} already; number repeats in a column"
            )
        if read.position is None:
            return
        if (first := self._places.setdefault((read.reader, read.position), read.row)) != read.row:
            self.add(read.row, f"{read.reader!r} is at position {read.position} in row {first} already")


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]
    checks: _Checks

    def read(self, columns: ColumnMap) -> ImportedRead | None:
        """The read, or None where the row has a problem, which is then noted."""
        before = len(self.checks.problems)
        truth = self.binary(columns.truth, required=True)
        position = self.whole(columns.position, lowest=0)
        if columns.position and not self.text(columns.position):
            self.checks.add(
                self.number, f"{columns.position!r} is empty: give every read its place, or no column of places"
            )
        read = ImportedRead(
            row=self.number,
            reader=self.label(columns.reader, required=True),
            case=self.label(columns.case, required=True),
            truth=truth or 0,
            rating=self.number_in(columns.rating),
            call=self.binary(columns.call),
            realism=self.number_in(columns.realism),
            source=self.source(columns.source, truth or 0),
            arm=self.label(columns.arm),
            replicate=self.whole(columns.repeat, lowest=0) or 0,
            position=position,
            seconds=self.number_in(columns.seconds, lowest=0.0, highest=1e6),
            group=self.label(columns.group),
            findings=self.marked(columns.findings),
            known_findings=self.marked(columns.known_findings),
        )
        return read if len(self.checks.problems) == before else None

    def text(self, column: str) -> str:
        text = self.cells.get(column, "").strip() if column else ""
        return "" if text.lower() in MISSING else text

    def label(self, column: str, *, required: bool = False) -> str:
        text = self.text(column)
        if required and not text:
            self.checks.add(self.number, f"{column!r} is empty")
        if len(text) > LONGEST_LABEL:
            self.checks.add(self.number, f"{column!r} is longer than {LONGEST_LABEL} characters")
        return text

    def source(self, column: str, truth: int) -> str:
        text = self.label(column)
        return (text or "synthetic") if truth else "real"

    def binary(self, column: str, *, required: bool = False) -> int | None:
        text = self.text(column).lower()
        if text in _POSITIVE or text in _NEGATIVE:
            return int(text in _POSITIVE)
        if text or required:
            self.checks.add(self.number, f"{column!r} is {text!r}, not 0 (real, no) or 1 (synthetic, yes)")
        return None

    def number_in(
        self, column: str, *, lowest: float = -sys.float_info.max, highest: float = sys.float_info.max
    ) -> float | None:
        text = self.text(column)
        try:
            value = float(text) if text else None
        except ValueError:
            value = float("nan")
        if value is not None and not lowest <= value <= highest:
            limits = f" from {lowest:g} to {highest:g}" if lowest == 0 else ""
            self.checks.add(self.number, f"{column!r} is {text!r}, not a number{limits}")
            return None
        return value

    def whole(self, column: str, *, lowest: int) -> int | None:
        value = self.binary(column) if self.text(column).lower() in ("true", "false") else self.number_in(column)
        if value is None:
            return None
        if value != int(value) or value < lowest or value > 2**31 - 1:
            self.checks.add(self.number, f"{column!r} is {value:g}, not a whole number from {lowest} on")
            return None
        return int(value)

    def marked(self, columns: Mapping[str, str]) -> dict[str, int]:
        found = {name: self.binary(column) for name, column in columns.items()}
        return {name: value for name, value in found.items() if value is not None}
