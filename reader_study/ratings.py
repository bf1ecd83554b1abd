"""Ratings in a file, analysed without a study: no database, no server. Knows no Django."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reader_study.analysis import RatingTable, Settings, StudyAnalysis, analyse, plain
from reader_study.analysis.methods import methods_in
from reader_study.analysis.software import software
from reader_study.export.errors import ExportError
from reader_study.export.readings_file import ImportedRead, columns_from, header_of, read_readings

FORMAT = "negatoscope-ratings-v1"
# A scale with more distinct values than this has no levels.
MOST_LEVELS = 12


def analyse_file(
    path: str | Path, *, columns: Mapping[str, str] | None = None, cut: float | None = None, **settings: Any
) -> StudyAnalysis:
    """The analysis of a long CSV, one row a read: `read_ratings`, then `reader_study.analysis.analyse`.

    settings: fields of `reader_study.analysis.Settings`. Raises ExportError for a file that cannot be taken, AnalysisError
    for an unknown setting.
    """
    return analyse_table(read_ratings(path, columns, cut=cut), **settings)


def analyse_table(table: RatingTable, **settings: Any) -> StudyAnalysis:
    """`analyse` with the levels of both scales as they occur in the table."""
    levels = {"rating_levels": levels_of(table, "rating"), "realism_levels": levels_of(table, "realism")}
    return analyse(table, Settings(**{**levels, **settings}))


def read_ratings(
    path: str | Path, columns: Mapping[str, str] | None = None, *, cut: float | None = None
) -> RatingTable:
    """The reads of a CSV file (comma, semicolon or tab; UTF-8).

    columns: what each column holds, keys as in `ColumnMap` and "finding NAME", "known finding NAME"; what is not named is
    found by its usual name, and "-" says that there is none. cut: the lowest rating that calls a case synthetic, where no
    column of calls is there. Raises ExportError with the numbers of the rows that cannot be taken.
    """
    file = Path(path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = columns_from(header_of(lines), columns or {})
            lines.seek(0)
            reads = read_readings(lines, found)
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}."
        ) from error
    return table_of(reads, cut=cut)


def table_of(reads: Sequence[ImportedRead], *, cut: float | None = None) -> RatingTable:
    """Reads as the table that the analysis takes. Raises AnalysisError where they contradict each other."""
    extra: dict[str, list[float]] = {}
    if any(read.realism is not None for read in reads):
        extra["realism"] = [_number(read.realism) for read in reads]
    for name in sorted({name for read in reads for name in read.findings}):
        extra[f"seen:{name}"] = [_number(read.findings.get(name)) for read in reads]
        extra[f"correct:{name}"] = [_right(read, name) for read in reads]
    return RatingTable.build(
        reader=[read.reader for read in reads],
        case=[read.case for read in reads],
        truth=[read.truth for read in reads],
        source=[read.source for read in reads],
        arm=[read.arm for read in reads],
        rating=[_number(read.rating) for read in reads],
        call=[_call(read, cut) for read in reads],
        seconds=[_number(read.seconds) for read in reads],
        replicate=[read.replicate for read in reads],
        position=[read.position or 0 for read in reads],
        extra=extra,
    )


def levels_of(table: RatingTable, column: str) -> tuple[float, ...]:
    """The levels of a scale as they occur, () where there are more than `MOST_LEVELS` or the column is not there."""
    if column != "rating" and column not in table.extra:
        return ()
    values = table.column(column)
    found = sorted({float(value) for value in values[values == values]})
    return tuple(found) if 1 < len(found) <= MOST_LEVELS else ()


def ratings_document(analysis: StudyAnalysis, path: str | Path) -> dict[str, Any]:
    """The results as plain values, documented in docs/statistics.md: what was read, with what, and every number."""
    file, numbers = Path(path), plain(analysis)
    return {
        "format": FORMAT,
        "positive_class": "synthetic",
        "file": {"name": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
        "software": software(),
        "methods": {name: asdict(method) for name, method in methods_in(numbers).items()},
        "analysis": numbers,
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _call(read: ImportedRead, cut: float | None) -> float:
    if read.call is not None or cut is None or read.rating is None:
        return _number(read.call)
    return float(read.rating >= cut)


def _right(read: ImportedRead, finding: str) -> float:
    seen, known = read.findings.get(finding), read.known_findings.get(finding)
    return float("nan") if seen is None or known is None else float(seen == known)
