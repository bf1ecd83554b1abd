"""The export bundles of a study: blinded before it is unsealed, whole afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import User
from audit.services import record
from reader_study import blinding
from reader_study.bundle_files import audit_table, blinding_audit, design_table, open_protocol
from reader_study.export.bundle import Entry, stream_bundle
from reader_study.export.columns import AUDIT, DESIGN, Column, blinded_columns
from reader_study.export.errors import ExportError
from reader_study.export.firsts import First, grids_of, scores_of
from reader_study.export.imrmc import write_imrmc
from reader_study.export.readme import readme
from reader_study.export.redcap import redcap_fields, write_redcap
from reader_study.export.rjafroc import write_rjafroc_excel, write_rjafroc_imrmc
from reader_study.export.rscript import reanalysis_script
from reader_study.export.scores import (
    CODE_COLUMNS,
    MRMCAOV_COLUMNS,
    ScoreFile,
    number_codes,
    write_codes,
    write_mrmcaov,
)
from reader_study.export.tables import codebook
from reader_study.export.wide import BY_READER_COLUMNS, WIDE_COLUMNS, write_by_reader, write_wide
from reader_study.models import AnalysisRun, Reading, Study, StudyState
from reader_study.reads.gathered import Gathered
from reader_study.reads.rows import answer_rows, columns_of, questions_of, read_rows
from reader_study.services.analysing import finished_analysis

FORMAT = "negatoscope-bundle-v2"
BLINDED_FORMAT = "negatoscope-blinded-bundle-v1"

# Files of the bundle whose reading programs accept not every study: name, what it is, how it is written.
_FOR_PROGRAMS: tuple[tuple[str, str, Callable[[ScoreFile], Iterable[bytes]]], ...] = (
    ("mrmcaov.csv", "Truth and first ratings, one row a rating, for MRMCaov.", write_mrmcaov),
    ("reads.imrmc", "Truth and first ratings for iMRMC (R, version 2 or later).", write_imrmc),
    ("rjafroc.imrmc", "Truth and first ratings in RJafroc's dialect of the same.", write_rjafroc_imrmc),
    ("rjafroc.xlsx", "Truth and first ratings for RJafroc, new Excel format.", write_rjafroc_excel),
)


def export_study(*, study: Study, user: User | None) -> Iterator[bytes]:
    """The bundle of an unsealed study in chunks; that it was taken, and by whom, is on record before the first of them.

    Raises ValidationError before unsealing, where nobody has read anything, and where the analysis fails.
    """
    run = finished_analysis(study=study)
    document: dict[str, Any] = run.document or {}
    digest = document["provenance"]["data_sha256"]
    details = {"format": FORMAT, "reads": _reads(study), "data_sha256": digest}
    record(workspace=study.workspace, actor=user, action="study.exported", target=study, details=details)
    about: dict[str, object] = {"format": FORMAT, "study": str(study.pk), "title": study.title}
    about |= {"protocol_hash": study.protocol_hash, "data_sha256": digest}
    return stream_bundle(_with_readme(study, _entries(study, run), _notes(study, document)), about=about)


def export_blinded(*, study: Study, user: User | None) -> Iterator[bytes]:
    """What may be known of a locked study's reads before unsealing, in chunks; that it was taken is on record first.

    The key is not read: not from the sealed tables, and not from the study, should it be unsealed already.
    Raises ValidationError for a draft, for imported readings, and where nobody has read anything.
    """
    if study.state == StudyState.DRAFT:
        raise ValidationError(
            "The study is a draft: lock it, open it and have it read, then its readings can be exported."
        )
    if study.is_imported:
        raise ValidationError("These readings were imported together with the truth: there is nothing to blind.")
    if not (reads := _reads(study)):
        raise ValidationError("Nobody has read a case of this study yet, so there is nothing to export.")
    details = {"format": BLINDED_FORMAT, "reads": reads}
    record(workspace=study.workspace, actor=user, action="study.exported_blinded", target=study, details=details)
    about: dict[str, object] = {"format": BLINDED_FORMAT, "study": str(study.pk), "title": study.title}
    about |= {"protocol_hash": study.protocol_hash, "key_commitment": study.key_commitment}
    return stream_bundle(_with_readme(study, _blinded_entries(study), ["Blinded."], blinded=True), about=about)


def bundle_name(study: Study, *, blinded: bool = False) -> str:
    """The file name offered for download: no title, which may be private."""
    return f"negatoscope-study-{str(study.pk)[:8]}{'-blinded' if blinded else ''}.zip"


def _reads(study: Study) -> int:
    return Reading.objects.filter(presentation__reader__study=study).counting().count()


def _with_readme(
    study: Study, entries: Iterable[Entry | tuple[str, str]], notes: list[str], *, blinded: bool = False
) -> Iterator[Entry]:
    """The entries, and at their end the README, which by then knows what is there. A pair is a file left out, and why."""
    listed: list[tuple[str, str]] = []
    left_out: list[tuple[str, str]] = []
    for entry in entries:
        if isinstance(entry, Entry):
            listed.append((entry.name, entry.description))
            yield entry
        else:
            left_out.append(entry)
    text = readme(study.title, notes, listed, left_out=left_out, blinded=blinded)
    yield Entry("README.txt", "What is in this bundle and how to read it.", [text.encode()])


def _entries(study: Study, run: AnalysisRun) -> Iterator[Entry | tuple[str, str]]:
    columns = columns_of(study)
    reads = Gathered(read_rows(study), columns)
    yield from _tables(study, reads, columns, {"audit_log.csv": AUDIT, **_PROGRAMS_COLUMNS})
    yield from _scores(study, reads.firsts)
    locked = "What was imported, and how" if study.is_imported else "What was locked before the first read"
    told = f"{locked}; its SHA-256 is the protocol hash."
    yield Entry("protocol.json", told, [blinding.canonical_json(study.protocol)])
    key = {"key_commitment": study.key_commitment, **(study.revealed_key or {})}
    yield Entry("key.json", "Which cases are synthetic, with the nonce that opens the commitment.", [_json(key)])
    audit = blinding_audit(study)
    if audit is not None:
        yield Entry("blinding_audit.json", "How alike both sides were before the lock.", [_json(audit)])
    yield Entry("audit_log.csv", "What was done, when and by whom, until the unsealing.", audit_table(study))
    plan = (run.document or {})["analysis"]["settings"]
    script = reanalysis_script(**{name: float(plan[name]) for name in ("null", "margin", "alpha")})
    yield Entry("reanalyse.R", "Re-analyses the bundle with iMRMC, MRMCaov, RJafroc, lme4, ordinal and irr.", [script])
    yield from _analysis_entries(run)


def _blinded_entries(study: Study) -> Iterator[Entry | tuple[str, str]]:
    columns = blinded_columns(questions_of(study))
    yield from _tables(study, Gathered(answer_rows(study), columns), columns, {})
    yield Entry(
        "protocol.json", "The part of the locked protocol that says nothing of the cases.", [open_protocol(study)]
    )


_PROGRAMS_COLUMNS = {"mrmcaov.csv": MRMCAOV_COLUMNS, "rjafroc_codes.csv": CODE_COLUMNS}


def _tables(
    study: Study, reads: Gathered, columns: tuple[Column, ...], others: dict[str, tuple[Column, ...]]
) -> Iterator[Entry]:
    """The reads, long and wide, the order in which cases were shown, and what every column means."""
    yield Entry("reads.csv", "One row a read: who read what when, and every answer.", reads.csv())
    yield Entry("reads.parquet", "The same with types.", reads.parquet())
    wide: dict[str, tuple[Column, ...]] = {}
    for name, grid in grids_of(reads.firsts).items():
        yield Entry(f"wide/{name}.csv", f"First {name}: cases by readers.", write_wide(grid))
        yield Entry(f"wide/{name}_by_reader.csv", f"First {name}: readers by cases.", write_by_reader(grid))
        wide[f"wide/{name}.csv"] = tuple(one for one in WIDE_COLUMNS if one.name in ("case_code", *grid.about))
        wide[f"wide/{name}_by_reader.csv"] = BY_READER_COLUMNS
    yield Entry("design.csv", "Which case was to be shown to whom, in which order.", design_table(study))
    explained = {"reads.csv": columns, "design.csv": DESIGN, **wide, **others}
    yield Entry("codebook.csv", "Every column of every table explained.", codebook(explained))
    dictionary = write_redcap(redcap_fields(columns))
    yield Entry("redcap_data_dictionary.csv", "The columns of reads.csv as REDCap imports them.", dictionary)


def _scores(study: Study, firsts: list[First]) -> Iterator[Entry | tuple[str, str]]:
    """The files for other programs; one that would be read wrongly is left out, and the README says why."""
    file = scores_of(study.title, firsts)
    for name, description, write in _FOR_PROGRAMS:
        try:
            chunks = list(write(file))
        except ExportError as error:
            yield name, str(error)
        else:
            yield Entry(name, description, chunks)
    yield Entry(
        "rjafroc_codes.csv", "Which integer of the RJafroc files is which code.", write_codes(number_codes(file))
    )


def _analysis_entries(run: AnalysisRun) -> Iterator[Entry]:
    """The stored analysis: every number, and every figure in each of its formats."""
    titles = {name: figure["title"] for name, figure in (run.document or {}).get("figures", {}).items()}
    told = {
        "results.json": "Every number of the results page with method, degrees of freedom and counts.",
        "report.pdf": "The results as a report.",
    }
    for name in sorted(run.files):
        figure = name.removeprefix("figures/").partition(".")[0]
        yield Entry(name, told.get(name) or f"{titles.get(figure, figure)}.", _later(run, name))


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _later(run: AnalysisRun, name: str) -> Iterator[bytes]:
    yield run.read(name)


def _notes(study: Study, document: dict[str, Any]) -> list[str]:
    """What must be said of the whole study, in one line each."""
    notes = [document["analysis"]["primary"]["verdict"]["sentence"]]
    if note := (study.protocol or {}).get("note"):
        notes.append(note)
    if document["provenance"]["is_phantom"]:
        notes.append("The images are phantoms: drawings that teach, not radiographs of patients.")
    if codes := ", ".join(sorted(document["simulated_readers"])):
        notes.append(f"Simulated readers, whose answers were made by a program: {codes}.")
    return notes
