"""Readings that were made elsewhere, as a study: read from a CSV file, checked, written whole or not at all."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from accounts.models import User, Workspace
from audit.services import record
from images.datasets.labels import NO_FINDING
from reader_study import blinding, chance
from reader_study.analysis.plan import ANALYSIS_PLAN
from reader_study.export.errors import ExportError, MissingColumns, RefusedRows
from reader_study.export.readings_file import ColumnMap, ImportedRead, columns_from, header_of, read_readings
from reader_study.models import Case, Origin, Presentation, Question, Reader, Reading, Study, StudyState
from reader_study.questions import CALL, FINDING_CHOICES, REALISM, SOURCE_CONFIDENCE, Choice, finding_slug
from reader_study.services.analysing import request_analysis
from reader_study.services.building import check_ranges

NOTE = "Imported readings: they were made elsewhere, and nothing was locked here before they were read."
CALL_CHOICES: list[Choice] = [{"value": 0, "label": "real"}, {"value": 1, "label": "synthetic"}]
_MOST_LEVELS = 12
_ROWS_AT_ONCE = 2_000

Row = TypeVar("Row", bound=Model)


def columns_of_file(file: IO[bytes], given: dict[str, str]) -> ColumnMap:
    """The columns named in `given`, and for everything not named there the one whose name gives it away.

    Keys are those of `ColumnMap`, "finding NAME" and "known finding NAME"; the value "-" means that there is none.
    Raises ValidationError, by field, where a required column is neither given nor found.
    """
    header = _answered(lambda: header_of(_lines(file)))
    try:
        return columns_from(header, given)
    except MissingColumns as error:
        raise ValidationError(error.messages) from error


@transaction.atomic
def import_readings(
    *,
    workspace: Workspace,
    user: User | None,
    title: str,
    file: IO[bytes],
    columns: ColumnMap,
    margin: float = 0.1,
    alpha: float = 0.05,
    cut: float | None = None,
) -> Study:
    """An unsealed study of the reads in a CSV `file`, and its analysis queued.

    cut: the lowest rating that calls a case synthetic, used where there is no column of calls; without it, the first
    value above the middle of the scale. Its protocol says that nothing was locked. Raises ValidationError: by field for
    the title, margin and alpha, and for the file with one message a row that cannot be taken (key `file`).
    """
    check_ranges({"margin": margin, "alpha": alpha})
    digest = hashlib.file_digest(_from_start(file), "sha256").hexdigest()
    reads = _answered(lambda: read_readings(_lines(file), columns))
    questions = _questions(reads, columns)
    settings = {**_settings(reads), "margin": margin, "alpha": alpha}
    study = Study(workspace=workspace, created_by=user, title=title.strip(), reader_title=title.strip(),
                  origin=Origin.IMPORTED, state=StudyState.UNSEALED, settings=settings, unsealed_at=chance.now())  # fmt: skip
    study.full_clean(exclude=["workspace", "created_by", "real_set", "synthetic_set"], validate_unique=False)
    key, nonce = _key_of(reads), chance.nonce()
    study.revealed_key = {"key": key, "nonce": nonce}
    study.key_commitment = blinding.commit(key, nonce)
    source = {"rows": len(reads), "columns": columns.named(), "sha256": digest}
    study.protocol = _protocol(study, questions, source, _cut(reads) if cut is None else cut)
    study.protocol_hash = blinding.digest_json(study.protocol)
    study.save(force_insert=True)
    Question.objects.bulk_create(
        Question(study=study, order=order, required=question["slug"] == SOURCE_CONFIDENCE,
                 **{name: question[name] for name in ("slug", "text", "choices")})
        for order, question in enumerate(questions)
    )  # fmt: skip
    _write_reads(study, reads, asked_call=bool(columns.call))
    details = {"reads": len(reads), "file_sha256": digest, "protocol_hash": study.protocol_hash}
    record(workspace=workspace, actor=user, action="study.imported", target=study, details=details)
    request_analysis(study=study, user=user)
    return study


def _from_start(file: IO[bytes]) -> Any:
    file.seek(0)
    return file


def _lines(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(_from_start(file), 1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedRows([f"Row {number}: it is not UTF-8 text."]) from error


def _answered(read: Any) -> Any:
    try:
        return read()
    except RefusedRows as error:
        raise ValidationError({"file": list(error.problems)}) from error
    except ExportError as error:
        raise ValidationError({"file": [str(error)]}) from error


def _settings(reads: Sequence[ImportedRead]) -> dict[str, Any]:
    truth = {read.case: read.truth for read in reads}
    synthetic = sum(truth.values())
    repeats = len({(read.reader, read.case) for read in reads if read.replicate})
    firsts = sum(1 for read in reads if not read.replicate)
    return {"n_real": len(truth) - synthetic, "n_synthetic": synthetic, "repeats_share": repeats / max(firsts, 1)}


def _key_of(reads: Sequence[ImportedRead]) -> dict[str, dict[str, Any]]:
    """By case, the source, what made it, and what is known of its findings; nothing known is not the same as none."""
    asked = {name for read in reads for name in read.known_findings}
    key: dict[str, dict[str, Any]] = {}
    for read in reads:
        if read.case not in key:
            known = read.known_findings
            present = sorted(name for name, there in known.items() if there)
            key[read.case] = {
                "source": "synthetic" if read.truth else "real",
                "image": "",
                "generator": read.source if read.truth and read.source != "synthetic" else "",
                "findings": present or ([NO_FINDING] if known else []),
                "left_open": sorted(asked - known.keys()),
            }
    return key


def _protocol(study: Study, questions: list[dict[str, Any]], source: dict[str, Any], cut: float) -> dict[str, Any]:
    return {
        "version": 1,
        "study": str(study.pk),
        "title": study.title,
        "note": NOTE,
        "imported": source,
        "settings": study.settings,
        "analysis": {**ANALYSIS_PLAN, "called_synthetic_from": int(cut) if float(cut).is_integer() else cut},
        "questions": questions,
        "key_commitment": study.key_commitment,
    }


def _questions(reads: Sequence[ImportedRead], columns: ColumnMap) -> list[dict[str, Any]]:
    asked = [
        _question(SOURCE_CONFIDENCE, "Confidence that the case is synthetic", _levels(read.rating for read in reads))
    ]
    if columns.call:
        asked.append(_named(CALL, "Real or synthetic?", CALL_CHOICES))
    if columns.realism:
        asked.append(_question(REALISM, "How realistic it looks", _levels(read.realism for read in reads)))
    return asked + [_named(finding_slug(name), f"{name}?", FINDING_CHOICES) for name in columns.findings]


def _question(slug: str, text: str, levels: Sequence[int]) -> dict[str, Any]:
    return _named(slug, text, [{"value": level, "label": str(level)} for level in levels])


def _named(slug: str, text: str, choices: Sequence[Choice]) -> dict[str, Any]:
    kind = Question.Kind.CHOICE.value
    return {"slug": slug, "text": text, "kind": kind, "choices": list(choices), "required": False}


def _levels(values: Iterable[float | None]) -> list[int]:
    """Every level of a short scale of whole numbers; none of a long or continuous one."""
    found = {value for value in values if value is not None}
    if not found or not all(value.is_integer() for value in found) or max(found) - min(found) >= _MOST_LEVELS:
        return []
    return list(range(int(min(found)), int(max(found)) + 1))


def _cut(reads: Iterable[ImportedRead]) -> float:
    """The first value above the middle of the scale."""
    ratings = [read.rating for read in reads if read.rating is not None]
    if not ratings:
        return 0.0
    middle = (min(ratings) + max(ratings)) / 2
    return (
        math.floor(middle) + 1.0 if all(rating.is_integer() for rating in ratings) else math.nextafter(middle, math.inf)
    )


def _write_reads(study: Study, reads: Sequence[ImportedRead], *, asked_call: bool) -> None:
    cases = _made(Case(study=study, code=code) for code in sorted({read.case for read in reads}))
    groups = {read.reader: read.group for read in reads}
    readers = _made(
        Reader(study=study, code=code, group=group, seed="", max_run=0, min_lag=0) for code, group in groups.items()
    )
    by_case, by_reader = {row.code: row for row in cases}, {row.code: row for row in readers}
    places = _positions(reads)
    first: dict[tuple[str, str, str], Presentation] = {}
    # First readings before their repeats, which point to them.
    for repeats in (False, True):
        chosen = [read for read in reads if bool(read.replicate) is repeats]
        shown = _made(
            Presentation(
                reader=by_reader[read.reader], case=by_case[read.case], position=places[read.row], arm=read.arm,
                token=chance.token(), is_repeat=repeats, repeat_of=first.get((read.reader, read.case, read.arm)),
            )
            for read in chosen
        )  # fmt: skip
        first |= {(read.reader, read.case, read.arm): row for read, row in zip(chosen, shown)} if not repeats else {}
        _made(_reading(one, read, asked_call=asked_call) for one, read in zip(shown, chosen))


def _positions(reads: Iterable[ImportedRead]) -> dict[int, int]:
    """Place of every row in its reader's order, from 0: as the file says, or the order of its rows."""
    own: dict[str, list[ImportedRead]] = defaultdict(list)
    for read in reads:
        own[read.reader].append(read)
    places: dict[int, int] = {}
    shift = 0 if any(read.position == 0 for rows in own.values() for read in rows) else 1
    for rows in own.values():
        places |= {
            read.row: number if read.position is None else read.position - shift for number, read in enumerate(rows)
        }
    return places


def _reading(presentation: Presentation, read: ImportedRead, *, asked_call: bool) -> Reading:
    answers: dict[str, Any] = {SOURCE_CONFIDENCE: _short(read.rating), REALISM: _short(read.realism)}
    answers |= {finding_slug(name): value for name, value in read.findings.items()}
    answers = {slug: value for slug, value in answers.items() if value is not None}
    if asked_call:
        # Missing is said, so that nothing is put in its place.
        answers[CALL] = read.call
    milliseconds = None if read.seconds is None else round(read.seconds * 1000)
    return Reading(presentation=presentation, revision=1, key=uuid.uuid4(), answers=answers, complete=True,
                   active_ms=milliseconds)  # fmt: skip


def _short(value: float | None) -> float | None:
    return int(value) if value is not None and value.is_integer() else value


def _made(rows: Iterable[Row]) -> list[Row]:
    """The rows, stored some thousand at a time."""
    source, stored = iter(rows), []
    while batch := list(islice(source, _ROWS_AT_ONCE)):
        stored += type(batch[0])._default_manager.bulk_create(batch)
    return stored
