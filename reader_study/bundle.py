"""The export bundle of an unsealed study."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from reader_study import blinding
from reader_study.export.bundle import Entry, stream_bundle
from reader_study.export.imrmc import write_imrmc
from reader_study.export.readme import readme
from reader_study.export.scores import Score, ScoreFile
from reader_study.export.tables import codebook, write_csv
from reader_study.figures import FIGURES
from reader_study.models import Study
from reader_study.reads import columns_of, read_rows
from reader_study.results import Results, figure_of, results_document, results_of

FORMAT = "negatoscope-bundle-v1"
MODALITY = "reading"


@transaction.atomic
def export_study(*, study: Study, user: User | None) -> Iterator[bytes]:
    """The bundle of `study` in chunks; that it was taken, and by whom, is on record before the first of them.

    Raises ValidationError before unsealing and where nobody has read anything.
    """
    results = results_of(study)
    details = {"format": FORMAT, "reads": len(results.table), "data_sha256": results.provenance.data_sha256}
    record(workspace=study.workspace, actor=user, action="study.exported", target=study, details=details)
    about: dict[str, object] = {"format": FORMAT, "study": str(study.pk), "title": study.title}
    about |= {"protocol_hash": study.protocol_hash, "data_sha256": results.provenance.data_sha256}
    return stream_bundle(_entries(study, results), about=about)


def bundle_name(study: Study) -> str:
    """The file name offered for download: no title, which may be private."""
    return f"negatoscope-study-{str(study.pk)[:8]}.zip"


_Writer = Callable[[Study, Results], Iterable[bytes]]


def _entries(study: Study, results: Results) -> Iterator[Entry]:
    files = [(name, text) for name, text, _ in _FILES]
    files += [(f"figures/{name}.svg", figure.title) for name, figure in FIGURES.items()]
    text = readme(study.title, _notes(results), files)
    yield Entry("README.txt", "What is in this bundle and how to read it.", [text.encode()])
    for name, description, write in _FILES:
        yield Entry(name, description, write(study, results))
    for name, figure in FIGURES.items():
        yield Entry(f"figures/{name}.svg", figure.title, _later(partial(figure_of, study, name)))


def _later(draw: Callable[[], bytes]) -> Iterator[bytes]:
    yield draw()


def _notes(results: Results) -> list[str]:
    """What must be said of the whole study, in one line each."""
    notes = [results.analysis.primary.verdict.sentence]
    if results.provenance.is_phantom:
        notes.append("The images are phantoms: drawings that teach, not radiographs of patients.")
    if results.simulated:
        codes = ", ".join(sorted(results.simulated))
        notes.append(f"Simulated readers, whose answers were made by a program: {codes}.")
    return notes


def _reads(study: Study, results: Results) -> Iterator[bytes]:
    return write_csv([column.name for column in columns_of(study)], read_rows(study))


def _codebook(study: Study, results: Results) -> Iterator[bytes]:
    return codebook(columns_of(study))


def _protocol(study: Study, results: Results) -> list[bytes]:
    return [blinding.canonical_json(study.protocol)]


def _key(study: Study, results: Results) -> list[bytes]:
    return [_json({"key_commitment": study.key_commitment, **(study.revealed_key or {})})]


def _results(study: Study, results: Results) -> list[bytes]:
    return [_json(results_document(results))]


def _imrmc(study: Study, results: Results) -> Iterator[bytes]:
    first = results.table.primary()
    truth = dict(sorted(zip(first.case.tolist(), first.truth.tolist(), strict=True)))
    reads = zip(first.reader.tolist(), first.case.tolist(), first.rating.tolist(), strict=True)
    scores = [Score(reader, case, MODALITY, rating) for reader, case, rating in reads if rating == rating]
    return write_imrmc(ScoreFile(study.title, truth, scores))


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


_FILES: tuple[tuple[str, str, _Writer], ...] = (
    ("reads.csv", "One row a read: who read what when, the truth, and every answer.", _reads),
    ("codebook.csv", "Every column of reads.csv explained.", _codebook),
    ("results.json", "Every number of the results page with method, degrees of freedom and counts.", _results),
    ("reads.imrmc", "Truth and first ratings for iMRMC (R, version 2 or later).", _imrmc),
    ("protocol.json", "What was locked before the first read; its SHA-256 is the protocol hash.", _protocol),
    ("key.json", "Which cases are synthetic, with the nonce that opens the commitment.", _key),
)
