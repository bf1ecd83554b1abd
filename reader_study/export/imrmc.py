"""The `.imrmc` file that iMRMC (R version 2 and later) reads.

Front matter, a line `BEGIN DATA:`, then `readerID,caseID,modalityID,score` without a header. Truth rows have reader and
modality `truth` and score 0 or 1. A reader may score a case once in a modality: repeats have no place here.
"""

from __future__ import annotations

from collections.abc import Iterator

from reader_study.export.errors import ExportError
from reader_study.export.scores import Score, ScoreFile, number_text

TRUTH = "truth"
BEGIN = "BEGIN DATA:"


def write_imrmc(file: ScoreFile) -> Iterator[bytes]:
    """The file in chunks. Raises ExportError for repeated scores, cases without truth, and labels that would break it."""
    file.check()
    _check_labels(file)
    yield ("\n".join([*file.front(), "", BEGIN]) + "\n").encode()
    for case, truth in file.truth.items():
        yield f"{TRUTH},{case},{TRUTH},{truth}\n".encode()
    for row in file.scores:
        yield f"{row.reader},{row.case},{row.modality},{number_text(row.score)}\n".encode()


def read_imrmc(data: bytes) -> ScoreFile:
    """Read a file back, ours or iMRMC's own. Raises ExportError where it is not one."""
    title, rows = split_imrmc(data)
    truth = {case: int(float(score)) for reader, case, _, score in rows if reader == TRUTH}
    scores = [Score(reader, case, modality, float(score)) for reader, case, modality, score in rows if reader != TRUTH]
    return ScoreFile(title, truth, scores)


def split_imrmc(data: bytes) -> tuple[str, list[list[str]]]:
    """The first line, and the four values of every row after `BEGIN DATA:`. Raises ExportError where these are not."""
    lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    if BEGIN not in lines:
        raise ExportError(f"There is no line {BEGIN!r}.")
    start = lines.index(BEGIN)
    rows = [line.split(",") for line in lines[start + 1 :] if line.strip()]
    if any(len(row) != 4 for row in rows):
        raise ExportError("Every row after BEGIN DATA: has four values.")
    return lines[0] if start else "", rows


def _check_labels(file: ScoreFile) -> None:
    readers = set(file.readers)
    if reserved := readers & {TRUTH, "-1"}:
        raise ExportError(f"A reader cannot be called {min(reserved)!r}: the name marks the truth rows.")
    labels = readers.union(file.modalities, file.truth)
    if bad := sorted(label for label in labels if not label or set(label) & set(',"\n\r')):
        raise ExportError(f"Labels without commas, quotes and line breaks are needed, unlike {bad[0]!r}.")
